"""A refusal of any service is told to the merchant, and nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from zeal import zeal_ignore

from accounts.browser_sessions.models import BrowserSession
from accounts.people.models import User
from accounts.privacy.requests import ask_for_erasure
from accounts.second_person.models import Approval
from accounts.security_log.models import SecurityEvent
from billing.ledger.services import post
from billing.ledger.tasks import seal_entries
from common.refusals import Refused
from documents.series.models import NumberFormats
from enrolments.courses.roles.models import Role
from enrolments.grounds.by_hand import enrol_by_hand
from enrolments.values import Period
from shop.orders.giving_back.models import GivingBack
from shop.payments.charge_backs.by_hand import note_charge_back
from shop.payments.models import PaymentEvent
from shop.payments.refunds.models import Refund
from shop.payments.statements.services import import_file, keep_file
from shop.payments.transfers_back.accounts import keep_account
from shop.payments.transfers_back.models import TransferFile
from shop.phone_orders.services import begin
from shop.postings.services import post_given_back
from shop.seller.models import LegalText, ShopIdentity
from tests.billing.test_ledger import money_in
from tests.catalog.admin_pages import controls, typed
from tests.enrolments.given import given_pack
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.catalog import CategoryFactory, EntryFactory
from tests.factories.enrolments import CourseFactory, CourseGroupFactory, RoleFactory, role
from tests.factories.outbox import JobFactory, MailFactory
from tests.factories.shop import pay
from tests.matrix.urlconf import addresses, names_of_model_pages
from tests.matrix.world import given_pause
from tests.shop.admin_pages import text_of
from tests.shop.books.making import made
from tests.shop.papers.platforms.given import platform_row, switch
from tests.shop.payments.configured.given import row_of, saved

pytestmark = pytest.mark.django_db

SENTENCE = "The moon is in the wrong quarter. Try again next week."


class MoonIsWrong(Refused):
    """Of nobody's knowledge: no page expects it."""

    message = SENTENCE


def refuse(*args: Any, **kwargs: Any) -> Any:
    raise MoonIsWrong


@dataclass(frozen=True)
class Button:
    """A page of the administration, the service behind it, and what is posted there.

    `row` makes what the page is about and returns what its address needs; `posted` is typed into it.
    """

    page: str
    service: str
    row: Callable[[Any], Any] = lambda order: ()
    posted: dict[str, Any] = field(default_factory=dict)


def line(order: Any) -> tuple[int, int]:
    return order.pk, order.lines.get().pk


def paid_line(order: Any) -> tuple[int, int]:
    pay(order)
    return line(order)


def owing(order: Any) -> int:
    pay(order)
    given = GivingBack.objects.create(line=order.lines.get(), first_index=0, last_index=0, amount=120, why="refunded")
    post_given_back(given.line.order, [given.pk])
    return order.pk


def wrong_money(order: Any) -> int:
    pay(order, amount=order.gross + 1)
    return PaymentEvent.objects.get().pk


def wrong_charge(order: Any) -> int:
    pay(order, amount=order.gross + 1, provider="sandbox")
    return PaymentEvent.objects.get().pk


def charged_back(order: Any) -> tuple[int, int]:
    payment = PaymentEvent.objects.get(pk=wrong_money(order)).payment
    note_charge_back(
        payment_id=payment.pk, amount=payment.amount, left=payment.amount, day=timezone.localdate(), reason="Returned",
        actor=UserFactory(), now=timezone.now(),
    )  # fmt: skip
    return payment.pk, payment.charge_backs.get().pk


def transfer(order: Any) -> Refund:
    """Return a refund by transfer in a file that nobody gave to the bank."""
    ShopIdentity.objects.update(name="Academy", iban="FR1420041010050500013M02606")
    now, actor = timezone.now(), UserFactory()
    payee = keep_account(holder="Alice", iban="DE89370400440532013000", order=order, actor=actor, now=now)
    file = TransferFile.objects.create(message_id="M1", made_at=now, made_by=actor, execute_on=now.date())
    return Refund.objects.create(
        order=order, way="transfer", payee=payee, file=file, amount=1, currency="EUR", asked_at=now, asked_by=actor
    )


def formats(_: Any) -> int:
    return NumberFormats.objects.create(pk=1).pk


def due_part(order: Any) -> int:
    """Return the key of a part of another order that is overdue."""
    return (
        given_pause(order.lines.get().entry, by=UserFactory(), now=timezone.now())
        .order.requests.get(replaced_at=None)
        .pk
    )


def paused(order: Any) -> tuple[int, int]:
    pause = given_pause(order.lines.get().entry, by=UserFactory(), now=timezone.now())
    return pause.order.requests.get(replaced_at=None).pk, pause.pk


def transfer_under_way(order: Any) -> int:
    owing(order)
    refund = transfer(order)
    GivingBack.objects.update(sent=1)
    TransferFile.objects.update(sent_at=timezone.now(), sent_by=refund.asked_by)
    Refund.objects.update(state="pending")
    return refund.pk


def by_hand(order: Any) -> tuple[int, int]:
    now = timezone.now()
    enrolment = enrol_by_hand(
        course=CourseFactory(), user=UserFactory(), role=role(), period=Period(now, None), now=now
    )
    return enrolment.course_id, enrolment.pk


def legal_text(order: Any, *, is_published: bool = False) -> int:
    at = timezone.now() if is_published else None
    return LegalText.objects.create(kind="terms", version=1, body_en="Text", body_fr="Texte", published_at=at).pk


def phone_order(order: Any) -> int:
    return begin(account=None, language="fr", actor=UserFactory()).pk


def waiting(order: Any) -> int:
    """Ask a second person to confirm money of the order."""
    values = {"order": order.pk, "amount": "120.00", "reference": "7", "is_what_arrived": False}
    asked = {"kind": "confirm_money", "about": f"order:{order.pk}", "values": values}
    return Approval.objects.create(
        **asked, asked_by=UserFactory(is_staff=True, is_superuser=True), asked_at=timezone.now()
    ).pk


def to_be_erased(order: Any) -> int:
    person = UserFactory(email="gone@example.org")
    return ask_for_erasure(person=person, asked_by=person, now=timezone.now()).pk


def day_to_close(_order: Any) -> tuple[()]:
    post([money_in(at=datetime(2026, 11, 28, 12, tzinfo=UTC))])
    seal_entries()
    return ()


def kept_file(_order: Any) -> int:
    content = b"Date;Montant\n27/11/2026;7,00\n"
    return keep_file(content=content, account="BANK", actor=UserFactory(), now=timezone.now()).pk


def statement_line(order: Any) -> int:
    return import_file(statement_id=kept_file(order), now=timezone.now()).lines.get().pk


def export_made(_order: Any) -> int:
    return made("orders").pk


EXPORT = {
    "kind": "orders", "form": "csv", "basis": "debits", "starts_on": "2026-01-01", "ends_on": "2026-01-31",
    "asked_as": "6f1f3bd4-3f7e-4a55-9a3e-1a5d2f6f5a10",
}  # fmt: skip
LINES = "shop.payments.statements.line_admin"
STATEMENTS = "shop.payments.statements.admin"
TRANSFERS = "shop.payments.transfers_back"
PHONE_ORDERS = "shop.phone_orders.admin.admin"
ORDERS = "shop.orders.admin.actions"
DUE = "shop.payments.due.admin"
METHODS = "shop.payments.configured.keyed_admin"
LEGAL = "shop.seller.admin.legal_texts"
BUTTONS = (
    Button("accounts_approval_approve", "accounts.second_person.admin.approve", waiting),
    Button("accounts_approval_decline", "accounts.second_person.admin.decline", waiting),
    Button(
        "accounts_erasurerequest_erase",
        "accounts.privacy.admin.erase_or_ask",
        to_be_erased,
        {"email": "gone@example.org"},
    ),
    Button("accounts_erasurerequest_refuse", "accounts.privacy.admin.refuse_erasure", to_be_erased, {"reason": "No"}),
    Button("accounts_erasurerequest_note", "accounts.privacy.admin.ask_for_erasure", lambda _: UserFactory().pk),
    Button("billing_closure_close", "billing.closures.admin.close_days", day_to_close, {"through": "2026-11-28"}),
    Button("shop_bookexport_make", "shop.books.admin.ask_for_export", posted=EXPORT),
    Button("shop_bookexport_download", "shop.books.admin.hand_out", export_made),
    Button("shop_bankstatement_import", f"{STATEMENTS}.import_file", kept_file),
    Button("shop_bankstatement_discard", f"{STATEMENTS}.discard_file", kept_file),
    Button("shop_statementline_confirm", f"{LINES}.confirm_line", statement_line, {"shares": "1:7.00"}),
    Button("shop_statementline_payout", f"{LINES}.note_payout", statement_line, {"provider": "sandbox"}),
    Button("shop_statementline_keep", f"{LINES}.keep_line", statement_line),
    Button("shop_statementline_fee", f"{LINES}.note_fee", statement_line),
    Button("shop_statementline_aside", f"{LINES}.set_aside", statement_line, {"note": "Fees"}),
    Button("shop_statementline_sure", f"{LINES}.confirm_sure_lines"),
    Button("catalog_entry_duplicate", "catalog.admin.duplicate.duplicate_entry", lambda _: EntryFactory().pk),
    Button("catalog_entry_try", "shop.trial.admin.try_entry", lambda _: EntryFactory().pk, {"quantity": "1"}),
    Button(
        "enrolments_course_enrol",
        "enrolments.grounds.by_hand_admin.enrol_address_by_hand",
        lambda _: CourseFactory().pk,
        {"email": "alice@example.org"},
    ),
    Button(
        "enrolments_seatbatch_give",
        "enrolments.seats.give_admin.give_seats",
        lambda order: given_pack(order.account)[0].batch_id,
        {"number": "1", "reason": "Agreed"},
    ),
    Button(
        "enrolments_seatbatch_lift_move_limit",
        "enrolments.seats.move_terms_admin.lift_move_limit",
        lambda order: given_pack(order.account)[0].batch_id,
    ),
    Button("enrolments_course_end", "enrolments.grounds.by_hand_admin.end_by_hand", by_hand),
    Button("outbox_job_retry", "outbox.jobs.admin.retry_job", lambda _: JobFactory().pk),
    Button("outbox_job_dismiss", "outbox.jobs.admin.dismiss_job", lambda _: JobFactory().pk),
    Button("outbox_mail_dismiss", "outbox.mails.admin.dismiss_mail", lambda _: MailFactory().pk),
    Button("outbox_mail_resend", "outbox.mails.admin.resend_mail", lambda _: MailFactory().pk),
    Button(
        "shop_order_payment",
        f"{ORDERS}.confirm_or_ask",
        lambda order: order.pk,
        {"amount": "120.00", "reference": "statement 7"},
    ),
    Button("shop_order_together", "shop.orders.admin.together.apply_together", lambda order: order.pk),
    Button(
        "shop_order_payer",
        "shop.orders.admin.payers.ask_payer",
        lambda order: order.pk,
        {"amount": "70.00", "email": "payer@example.org"},
    ),
    Button(
        "shop_order_plan",
        "shop.orders.admin.plan.plan_payments",
        lambda order: order.pk,
        {"deposit_percent": "30", "instalments": "2", "first_on": "2031-01-01", "days_between": "30"},
    ),
    Button(
        "shop_order_promise",
        "shop.orders.admin.promises.accept_promise",
        lambda order: order.pk,
        {"kind": "public_mandate", "reference": "EJ 7", "part": "0"},
    ),
    Button(
        "shop_account_terms",
        "shop.payments.on_account.page.set_terms",
        lambda order: order.account_id,
        {"limit": "100", "days": "30"},
    ),
    Button("shop_order_missing_papers", "shop.orders.admin.missing_papers.issue_as_shown", lambda order: order.pk),
    Button("shop_order_pro_forma", "shop.orders.admin.pro_forma.make_pro_forma", lambda order: order.pk),
    Button("shop_order_cancel", f"{ORDERS}.cancel_order", lambda order: order.pk),
    Button("shop_order_lift", "shop.orders.admin.withdrawal.lift_withdrawal", lambda order: order.pk, {"reason": "x"}),
    Button("shop_order_go_on", "shop.orders.admin.disputes.let_go_on", lambda order: order.pk, {"reason": "x"}),
    Button("shop_order_retry", f"{ORDERS}.retry_line", line),
    Button(
        "shop_order_give_back",
        "shop.orders.admin.giving_back.give_back_or_ask",
        paid_line,
        {"units": "1", "reason": "Ill", "confirmed": "1"},
    ),
    Button(
        "shop_order_pay_back",
        "shop.orders.admin.paying_back.note_paid_back_or_ask",
        owing,
        {"owed": "120.00", "paid_on": "2026-01-02", "reference": "transfer 7"},
    ),
    Button(
        "shop_order_send_back",
        "shop.orders.admin.sending_back.send_back_or_ask",
        owing,
        {"owed": "120.00"},
    ),
    Button("shop_order_owed_again", "shop.orders.admin.paying_back.mark_owed_again", owing),
    Button("shop_paymentevent_resolve", "shop.payments.admin.mark_resolved", wrong_money, {"note": "Done"}),
    Button("shop_paymentevent_apply", "shop.payments.admin.apply_money", wrong_money, {"order": "2026-000001"}),
    Button("shop_paymentevent_credit", "shop.payments.admin.keep_as_credit", wrong_money),
    Button(
        "shop_paymentevent_send_back",
        "shop.payments.refunds.unallocated_admin.send_unallocated_or_ask",
        wrong_charge,
        {"amount": "121.00"},
    ),
    Button(
        "shop_payment_charge_back",
        "shop.payments.charge_backs.by_hand_admin.note_charge_back",
        lambda order: PaymentEvent.objects.get(pk=wrong_money(order)).payment_id,
        {"amount": "1.00", "day": f"{timezone.localdate()}", "reason": "Returned", "left": "121.00"},
    ),
    Button(
        "shop_payment_came_again",
        "shop.payments.charge_backs.by_hand_admin.note_came_again",
        charged_back,
    ),
    Button("shop_secondchargerule_switch", "shop.payments.second_charges.admin.switch_rule", posted={"to": "on"}),
    Button("shop_paymentevent_reopen", "shop.payments.admin.mark_open_again", wrong_money),
    Button("shop_duepart_pause", f"{DUE}.pause_reminders", due_part, {"of": "order", "reason": "Agreed"}),
    Button("shop_duepart_resume", f"{DUE}.resume_reminders", paused),
    Button("shop_refund_arrived", f"{TRANSFERS}.refund_admin.note_arrived", transfer_under_way),
    Button("shop_refund_came_back", f"{TRANSFERS}.refund_admin.note_came_back", transfer_under_way),
    Button("shop_transferfile_download", f"{TRANSFERS}.admin.content_of", lambda order: transfer(order).file_id),
    Button("shop_transferfile_sent", f"{TRANSFERS}.admin.mark_sent", lambda order: transfer(order).file_id),
    Button("shop_transferfile_discard", f"{TRANSFERS}.admin.discard_file", lambda order: transfer(order).file_id),
    Button(
        "shop_account_send_credit",
        "shop.payments.credit.page.send_credit_or_ask",
        lambda order: order.account_id,
        {"amount": "1.00", "holder": "Alice", "iban": "DE89370400440532013000"},
    ),
    Button("shop_phoneorder_customer", f"{PHONE_ORDERS}.save_customer", phone_order),
    Button("shop_phoneorder_send", f"{PHONE_ORDERS}.send_link", phone_order),
    Button("shop_phoneorder_discard", f"{PHONE_ORDERS}.discard", phone_order),
    Button("shop_order_note", "shop.notes.page.add_note", lambda order: order.pk, {"text": "Called"}),
    Button("shop_account_note", "shop.notes.page.add_note", lambda order: order.account_id, {"text": "Called"}),
    Button("shop_providersettings_check", f"{METHODS}.try_keys", lambda _: row_of().pk),
    Button("shop_providersettings_remove", f"{METHODS}.remove_keys", lambda _: saved().pk),
    Button("shop_platformsettings_check", f"{METHODS}.try_keys", lambda _: platform_row().pk),
    Button("shop_platformsettings_remove", f"{METHODS}.remove_keys", lambda _: switch().pk),
    Button("shop_legaltext_publish", f"{LEGAL}.publish_text", legal_text),
    Button("shop_legaltext_next", f"{LEGAL}.start_version", lambda order: legal_text(order, is_published=True)),
    Button("shop_legaltext_add", f"{LEGAL}.start_version", posted={"kind": "terms"}),
    Button("shop_legaltext_delete", f"{LEGAL}.discard_text", legal_text, {"post": "yes"}),
)
# Pages beside Django's own at which nothing is asked of a service.
ONLY_READ = {
    "catalog_course_choices",
    "catalog_entry_preview",
    "documents_document_file",
    "outbox_mail_body",
    "shop_order_units",
    "shop_shopidentity_preview",
}
# Forms of several fields: the tests of their rooms say what they tell of a refusal.
WITH_FORMS = {
    "shop_bankstatement_columns",
    "shop_bankstatement_send",
    "catalog_entry_new",
    "shop_order_billing",
    "shop_order_correct_document",
    "shop_order_give_back_all",
    "shop_order_give_back_tutors",
    "shop_phoneorder_accepted",
    "shop_phoneorder_lines",
    "shop_phoneorder_units",
}

FORMS = (
    Button("catalog_category_change", "catalog.admin.categories.save_category", lambda _: CategoryFactory().pk),
    Button("catalog_entry_change", "catalog.admin.entries.save_entry", lambda _: EntryFactory().pk),
    Button("catalog_entry_change", "catalog.admin.entries.set_prices", lambda _: EntryFactory().pk),
    Button("catalog_entry_change", "catalog.admin.entries.set_fields", lambda _: EntryFactory().pk),
    Button("enrolments_course_change", "enrolments.courses.admin.save_course", lambda _: CourseFactory().pk),
    Button(
        "enrolments_coursegroup_change",
        "enrolments.courses.groups.admin.save_standing_group",
        lambda _: CourseGroupFactory().pk,
    ),
    Button(
        "enrolments_role_change",
        "enrolments.courses.roles.admin.save_role",
        lambda _: RoleFactory().pk,
        {"name_en": "Guest", "name_fr": "Invité"},
    ),
    Button("shop_legaltext_change", f"{LEGAL}.save_text", legal_text),
    Button("shop_providersettings_change", f"{METHODS}.save_settings", lambda _: row_of("transfer").pk),
    Button("shop_platformsettings_change", f"{METHODS}.save_settings", lambda _: platform_row().pk),
    Button("documents_numberformats_change", "documents.series.admin.save_formats", formats),
    Button("shop_shopidentity_change", "shop.seller.admin.seller.save_seller", lambda _: ShopIdentity.current().pk),
    Button("accounts_user_change", "accounts.people.admin.UserAdmin.save_model", lambda _: UserFactory().pk),
)


def everything() -> dict[str, list[Any]]:
    """All rows of the shop, but for the security log: that staff saw the page is recorded whatever the page tells."""
    rows = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if model._meta.app_label != "sessions" and model not in (SecurityEvent, BrowserSession):
                cursor.execute(f"SELECT kept::text FROM {model._meta.db_table} kept ORDER BY 1")
                rows[model._meta.label] = cursor.fetchall()
    return rows


def without_token(answer: Any, model: str) -> dict[str, Any]:
    sent = controls(answer, f"{model}_form")
    del sent["csrfmiddlewaretoken"]
    return sent


def address(button: Button, order: Any) -> str:
    found = button.row(order)
    return reverse(f"admin:{button.page}", args=found if isinstance(found, tuple) else (found,))


@pytest.mark.parametrize("button", BUTTONS, ids=lambda button: button.page)
def test_a_button_tells_what_any_service_refuses(client, order, monkeypatch, button):
    page = address(button, order)
    posted = {**button.posted, **({"role": role(Role.STUDENT).pk} if "enrol" in button.page else {})}
    if "give" in button.page and "seatbatch" in button.page:
        posted |= {"account": CustomerAccountFactory().pk, "seen": order.account_id}
    before = everything()
    monkeypatch.setattr(button.service, refuse)

    answer = client.post(page, posted, follow=True)

    assert answer.status_code == 200
    assert SENTENCE in text_of(answer)
    assert everything() == before


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.service)
def test_a_form_tells_what_any_service_refuses_and_keeps_what_was_typed(client, order, monkeypatch, form):
    page = address(form, order)
    model = form.page.removesuffix("_change").split("_")[1]
    sent = {**without_token(client.get(page), model), **form.posted}
    before = everything()
    monkeypatch.setattr(form.service, refuse)

    answer = client.post(page, sent)

    assert answer.status_code == 200
    assert text_of(answer).count(SENTENCE) == 1
    assert without_token(answer, model) == sent
    assert everything() == before


def test_a_refusal_stands_at_the_field_to_blame(client, monkeypatch):
    def refuse_code(**kwargs: Any) -> Any:
        raise MoonIsWrong(field="code")

    monkeypatch.setattr("catalog.admin.entries.save_entry", refuse_code)

    answer = client.post(reverse("admin:catalog_entry_add"), typed())

    assert answer.context["adminform"].form.errors == {"code": [SENTENCE]}


@pytest.mark.parametrize(
    ("action", "service"),
    [
        ("send_invitations", "accounts.people.admin.invite_people"),
        ("take_second_factor_away", "accounts.people.admin.remove_second_factor"),
    ],
)
def test_an_action_of_a_list_tells_what_any_service_refuses(client, monkeypatch, action, service):
    person = UserFactory(is_address_proved=False)
    before = everything()
    monkeypatch.setattr(service, refuse)

    answer = client.post(
        reverse("admin:accounts_user_changelist"), {"action": action, "_selected_action": [person.pk]}, follow=True
    )

    assert SENTENCE in text_of(answer)
    assert everything() == before


def test_a_person_added_is_refused_like_this_too(client, monkeypatch):
    monkeypatch.setattr(type(User.objects), "add", refuse)

    answer = client.post(reverse("admin:accounts_user_add"), {"email": "new@example.org", "language": "en"})

    assert SENTENCE in text_of(answer)
    assert not User.objects.filter(email="new@example.org").exists()


def test_an_account_is_refused_like_this_too(client, monkeypatch):
    account = CustomerAccountFactory()
    page = reverse("admin:accounts_customeraccount_change", args=[account.pk])
    sent = controls(client.get(page), "customeraccount_form")
    monkeypatch.setattr("accounts.members.admin.CustomerAccountAdmin.save_model", refuse)

    with zeal_ignore():  # the form is cleaned twice, and so is the account locked
        answer = client.post(page, sent | {"city": "Nantes"})

    assert SENTENCE in text_of(answer)


def test_no_button_is_missing_here():
    labels = {model._meta.app_label for model in admin.site._registry}
    own = {
        address.name.removeprefix("admin:")
        for address in addresses()
        if address.name.startswith("admin:") and address.name not in names_of_model_pages()
    }
    of_models = {name for name in own if name.split("_")[0] in labels}

    assert of_models - ONLY_READ - WITH_FORMS <= {button.page for button in BUTTONS}
