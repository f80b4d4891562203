"""Staff show their second factor again before sensitive acts, and what they typed is then done."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as project_settings
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from common.floors import FLOORS
from documents.issued.models import Document
from shop.orders.giving_back.paying_back import mark_paid_back
from shop.payments.attention import mark_resolved
from shop.payments.models import PaymentEvent
from shop.payments.on_account.services import terms_shown
from shop.payments.refunds.models import Refund
from shop.payments.requests.together import sum_waiting
from shop.payments.requests.using import keep_as_credit
from shop.seller.models import ShopIdentity
from tests.accounts.sign_in.proofs import code_of, give_app, sign_in_with
from tests.catalog.admin_pages import controls
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.matrix.urlconf import addresses, names_of_model_pages
from tests.matrix.world import given_document
from tests.project.admin.test_refusals_told import (
    BUTTONS,
    ONLY_READ,
    everything,
    owing,
    transfer,
    wrong_charge,
    wrong_money,
)
from tests.shop.admin_pages import text_of
from tests.shop.orders.admin.test_giving_back_many import order_of_a_session
from tests.shop.papers.credit_notes.given import sold
from tests.shop.papers.given import complete_seller
from tests.shop.papers.platforms.given import platform_row, switch
from tests.shop.payments.configured.given import row_of, saved
from tests.shop.payments.statements.files import camt, entry, statement
from tests.shop.payments.statements.test_statements import bring_in

pytestmark = pytest.mark.django_db

# Rows that asking for a proof writes.
BESIDE = {"accounts.SecurityEvent", "mfa.Authenticator", "accounts.User", "accounts.Attempts"}
BY_PAGE = {button.page: button for button in BUTTONS}


def with_factor() -> Authenticator:
    return give_app(UserFactory())


# Acts that hand something out and change nothing.
HAND_OUT = (
    "shop_transferfile_download",
    "shop_bookexport_download",
    *(f"documents_document_changelist {action}" for action in ("save_pdf", "save_xml", "save_ubl")),
)


def group() -> int:
    return Group.objects.create(name="Desk").pk


def form_of(page: str) -> Callable[[Client, Any], dict[str, Any]]:
    """Return a function that reads the form of a row's page, as the browser would post it."""

    def read(client: Client, url: str) -> dict[str, Any]:
        sent = controls(client.get(url), page)
        sent.pop("csrfmiddlewaretoken", None)
        return sent

    return read


def paid_back(order: Any, actor: User) -> int:
    owing(order)
    now = timezone.now()
    mark_paid_back(
        order_id=order.pk, amount=Decimal(120), paid_on=now.date(), reference="transfer 7", actor=actor, now=now
    )
    return order.pk


def resolved(order: Any, actor: User) -> int:
    key = wrong_money(order)
    mark_resolved(event_id=key, note="Done", actor=actor, now=timezone.now())
    return key


def act(name: str, order: Any, actor: User, client: Client) -> tuple[str, dict[str, Any]]:
    """Return the address of an act and what is posted there."""
    page, _, action = name.removeprefix("admin:").partition(" ")
    if page == "accounts_user_change":
        url = reverse(name, args=[UserFactory(is_staff=False).pk])
        return url, form_of("user_form")(client, url) | {"is_staff": "on"}
    if page == "accounts_user_changelist":
        chosen = {"action": action, "_selected_action": [with_factor().user_id]}
        return reverse("admin:accounts_user_changelist"), chosen
    if page == "auth_group_add":
        return reverse(name), {"name": "Desk", "permissions": [Permission.objects.get(codename="view_order").pk]}
    if page == "auth_group_change":
        url = reverse(name, args=[group()])
        return url, form_of("group_form")(client, url) | {"name": "Front desk"}
    if page == "auth_group_delete":
        return reverse(name, args=[group()]), {"post": "yes"}
    if page == "auth_group_changelist":
        return reverse("admin:auth_group_changelist"), {"action": action, "_selected_action": [group()], "post": "yes"}
    if page == "documents_numberformats_change":
        url = reverse(name, args=[1])
        return url, form_of("numberformats_form")(client, url) | {"receipt": "Q{year}-{number}"}
    if page == "shop_shopidentity_change":
        url = reverse(name, args=[ShopIdentity.current().pk])
        return url, form_of("shopidentity_form")(client, url) | {"name": "Another Academy"}
    if page == "shop_providersettings_change":
        url = reverse(name, args=[row_of("transfer").pk])
        return url, form_of("providersettings_form")(client, url) | {"offer": "no"}
    if page == "shop_providersettings_remove":
        row = saved()
        return reverse(name, args=[row.pk]), {"seen": row.keys_at.isoformat()}
    if page == "shop_platformsettings_change":
        url = reverse(name, args=[platform_row().pk])
        return url, form_of("platformsettings_form")(client, url) | {"offer": "yes"}
    if page == "shop_platformsettings_remove":
        platform = switch()
        return reverse(name, args=[platform.pk]), {"seen": platform.keys_at.isoformat()}
    if page in ("shop_order_give_back_all", "shop_order_give_back_tutors"):
        url = reverse(name, args=[order_of_a_session().pk])
        shown = client.get(url).context["form"].initial["seen"]
        return url, {"seen": shown, "reason": "Ill", "owes_money": "on"}
    if page == "shop_order_owed_again":
        return reverse(name, args=[paid_back(order, actor)]), {}
    if page == "shop_paymentevent_reopen":
        return reverse(name, args=[resolved(order, actor)]), {}
    if page == "shop_refund_changelist":
        waiting = transfer(order)
        Refund.objects.update(file=None)
        chosen = {"action": action, "_selected_action": [waiting.pk]}
        return reverse("admin:shop_refund_changelist"), chosen
    if page == "shop_account_terms":
        return reverse(name, args=[order.account_id]), BY_PAGE[page].posted | {"seen": terms_shown(order.account)}
    if page == "shop_account_send_credit":
        wrong_money(order)
        event = PaymentEvent.objects.get()
        keep_as_credit(event_id=event.pk, reason="", actor=actor, now=timezone.now())
        return reverse(name, args=[order.account_id]), BY_PAGE[page].posted
    if page == "shop_paymentevent_changelist":
        chosen = {"action": action, "_selected_action": [wrong_charge(order)]}
        return reverse("admin:shop_paymentevent_changelist"), chosen
    if page == "documents_document_changelist":
        document = given_document(order.pk, timezone.now())
        return reverse("admin:documents_document_changelist"), {"action": action, "_selected_action": [document.pk]}
    if page == "shop_order_correct_document":
        complete_seller()
        document = Document.objects.get(order_id=sold("100.00").pk, kind="invoice")
        url = reverse(name, args=[document.order_id, document.pk])
        form = client.get(url).context["form"]
        shown = {field: form[field].value() or "" for field in form.fields}
        return url, shown | {"city": "Brest", "reason": "They moved"}
    if page == "shop_order_together":
        wrong_money(order)
        return reverse(name, args=[order.pk]), {"seen": str(sum_waiting(order)[1])}
    if page == "shop_paymentevent_apply":
        return reverse(name, args=[BY_PAGE[page].row(order)]), {"order": order.number}
    if page == "enrolments_seatbatch_give":
        url = reverse(name, args=[BY_PAGE[page].row(order)])
        receiver = MembershipFactory().account.pk
        return url, BY_PAGE[page].posted | {"account": receiver, "seen": order.account_id}
    if page in ("shop_statementline_confirm", "shop_statementline_sure"):
        line = bring_in(camt(statement(entry(text=order.number)))).lines.get()
        return reverse(name, args=[line.pk] if page.endswith("confirm") else []), {"number": order.number}
    button = BY_PAGE[page]
    row = button.row(order)
    return reverse(name, args=row if isinstance(row, tuple) else (row,)), button.posted


@pytest.fixture
def factor(settings) -> Authenticator:
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    return give_app(UserFactory(is_staff=True, is_superuser=True))


@pytest.mark.parametrize("name", sorted(project_settings.STEP_UP_ACTS))
def test_each_act_waits_for_a_fresh_proof_and_is_done_after_it(order, factor, name):
    merchant = factor.user
    client = sign_in_with(Client(headers={"accept-language": "en"}), factor, minutes_ago=11)
    url, posted = act(name, order, merchant, client)
    before = everything()

    answer = client.post(url, posted)

    assert answer["Location"].startswith(reverse("mfa_reauthenticate"))
    assert everything() == before
    wrong = client.post(answer["Location"], {"code": "000000", "next": url})
    assert wrong.status_code == 200
    assert changed(before) == set()
    done = client.post(answer["Location"], {"code": code_of(factor), "next": url}, follow=True)
    assert done.status_code == 200
    assert changed(before) or name.endswith(("accounts_user_change", *HAND_OUT)), text_of(done)
    if name.endswith("accounts_user_change"):
        assert User.objects.filter(is_staff=True).count() == 2


def changed(before: dict[str, list[Any]]) -> set[str]:
    after = everything()
    return {table for table in before if before[table] != after[table]} - BESIDE


def test_an_action_is_found_among_several(factor):
    """Of a list's actions, above and below the rows, the form's `index` names the one that is meant."""
    client = sign_in_with(Client(), factor, minutes_ago=11)
    posted = {
        "action": ["take_second_factor_away", "send_invitations"],
        "index": "0",
        "_selected_action": [factor.user_id],
    }

    answer = client.post(reverse("admin:accounts_user_changelist"), posted)

    assert answer["Location"].startswith(reverse("mfa_reauthenticate"))
    assert Authenticator.objects.filter(pk=factor.pk).exists()


def test_within_ten_minutes_nobody_is_asked_twice(order, factor):
    client = sign_in_with(Client(), factor, minutes_ago=9)

    client.post(reverse("admin:shop_order_cancel", args=[order.pk]), {"reason": ""})

    order.refresh_from_db()
    assert order.status == "cancelled"


def test_the_password_does_not_stand_for_the_factor(order, factor):
    client = sign_in_with(Client(), factor, minutes_ago=11)

    answer = client.get(reverse("account_reauthenticate"))

    assert answer["Location"].startswith(reverse("mfa_reauthenticate"))


def test_two_tabs_wait_beside_each_other(new_order, factor):
    client = sign_in_with(Client(), factor, minutes_ago=11)
    orders = [new_order(), new_order()]
    urls = [reverse("admin:shop_order_cancel", args=[order.pk]) for order in orders]
    first, second = (client.post(url, {"reason": "Wrong course"})["Location"] for url in urls)

    client.post(first, {"code": code_of(factor), "next": urls[0]})

    assert [type(order).objects.get(pk=order.pk).status for order in orders] == ["cancelled", "placed"]
    client.post(second, {"code": code_of(factor, steps=1), "next": urls[1]})
    assert [type(order).objects.get(pk=order.pk).status for order in orders] == ["cancelled", "cancelled"]


def test_a_form_with_a_file_is_shown_again_with_all_that_was_typed(factor):
    client = sign_in_with(Client(headers={"accept-language": "en"}), factor, minutes_ago=11)
    url = reverse("admin:shop_shopidentity_change", args=[ShopIdentity.current().pk])
    typed = form_of("shopidentity_form")(client, url) | {"name": "Another Academy"}
    asked = client.post(url, typed | {"logo": SimpleUploadedFile("logo.png", b"png")})

    shown = client.post(asked["Location"], {"code": code_of(factor), "next": url})

    assert controls(shown, "shopidentity_form")["name"] == "Another Academy"
    assert "choose the file again" in text_of(shown)
    assert ShopIdentity.current().name != "Another Academy"


def test_a_form_too_long_to_be_kept_is_not_carried_out(order, factor):
    client = sign_in_with(Client(), factor, minutes_ago=11)
    url = reverse("admin:shop_order_cancel", args=[order.pk])
    asked = client.post(url, {"reason": "x" * 100_001})

    shown = client.post(asked["Location"], {"code": code_of(factor), "next": url})

    assert shown["Location"] == url
    order.refresh_from_db()
    assert order.status == "placed"


def test_no_password_and_no_code_waits_in_the_session(factor):
    client = sign_in_with(Client(), factor, minutes_ago=11)

    client.post(reverse("mfa_generate_recovery_codes"), {"code": "123456", "password": "horse", "other": "kept"})

    [waiting] = client.session["accounts_waiting_requests"].values()
    assert waiting["post"] == "other=kept"


def test_a_stranger_to_the_token_leaves_nothing_waiting(order, factor):
    """A form of another site is refused before it is kept."""
    client = sign_in_with(Client(enforce_csrf_checks=True), factor, minutes_ago=11)

    answer = client.post(reverse("admin:shop_order_cancel", args=[order.pk]), {"reason": ""})

    assert answer.status_code == 403
    assert "accounts_waiting_requests" not in client.session


def test_in_development_staff_without_a_factor_are_not_asked(order):
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))

    client.post(reverse("admin:shop_order_cancel", args=[order.pk]), {"reason": ""})

    order.refresh_from_db()
    assert order.status == "cancelled"


# Buttons of the administration that neither move money nor give rights, nor hand anything out.
HARMLESS = {
    "accounts_approval_decline", "accounts_erasurerequest_note",
    "catalog_entry_duplicate", "catalog_entry_new", "catalog_entry_try",
    "enrolments_course_enrol", "enrolments_course_end",
    "enrolments_seatbatch_lift_move_limit",
    "outbox_job_retry", "outbox_job_dismiss", "outbox_mail_resend", "outbox_mail_dismiss",
    "shop_order_retry", "shop_order_lift", "shop_order_go_on",
    "shop_order_note", "shop_account_note", "shop_order_billing", "shop_order_pro_forma",
    "shop_order_missing_papers",
    "shop_phoneorder_accepted", "shop_phoneorder_customer", "shop_phoneorder_discard", "shop_phoneorder_lines",
    "shop_phoneorder_send", "shop_phoneorder_units",
    "shop_legaltext_publish", "shop_legaltext_next", "shop_providersettings_check", "shop_platformsettings_check",
    "shop_duepart_pause", "shop_duepart_resume",
    "shop_bankstatement_send", "shop_bankstatement_columns", "shop_bankstatement_import", "shop_bankstatement_discard",
}  # fmt: skip


def test_every_button_of_the_administration_is_judged():
    """A new address of ours is either sensitive, or somebody says that it is not."""
    own = {
        address.name.removeprefix("admin:")
        for address in addresses()
        if address.name.startswith("admin:") and address.name not in names_of_model_pages()
    }
    labels = {model._meta.app_label for model in admin.site._registry}
    buttons = {name for name in own if name.split("_")[0] in labels}
    sensitive = {act.removeprefix("admin:").partition(" ")[0] for act in project_settings.STEP_UP_ACTS}

    assert buttons - ONLY_READ - HARMLESS <= sensitive
    assert not HARMLESS & sensitive
    assert buttons >= HARMLESS
    assert sensitive <= own | {name.removeprefix("admin:") for name in names_of_model_pages()}


SENDS_A_FILE = re.compile(
    r"Content-Disposition|text/csv|FileResponse|StreamingHttpResponse|as_attachment|sheet_response\("
)
# Files of data are made in one place.
WRITER = {"common/sheets/answers.py"}
# Operators download lists of their own account.
OF_ACCOUNTS = {
    "enrolments/lists/results.py",
    "enrolments/lists/views.py",
    "enrolments/runs/results.py",
    "enrolments/people/export.py",
    "enrolments/endings/export.py",
}
# People download what is held about themselves.
OF_ONESELF = {"accounts/privacy/views.py"}
# Calendars for whoever has their secret links.
CALENDARS = {"enrolments/calendar/views.py"}
# Files for the merchant's bank, behind a proof of one's own: shop_transferfile_download in STEP_UP_ACTS.
FOR_THE_BANK = {"shop/payments/transfers_back/admin.py"}

# Exports of the books, kept for a while: shop_bookexport_download in STEP_UP_ACTS.
OF_THE_BOOKS = {"shop/books/admin.py"}
# A sample invoice of the seller, which names no customer.
SAMPLE = {"shop/seller/admin/seller.py"}

# One document at a time, for those who may read its page, which names its buyer as well.
ONE_DOCUMENT = {"documents/issued/answers.py"}
# Many at once: for members of their account, and for staff behind actions of STEP_UP_ACTS.
MANY_DOCUMENTS = {"documents/issued/bundles.py"}

# One payment at a time, for the outside payer who has its pay link.
RECEIPTS = {"shop/payments/receipts/views.py"}

# Files that are sent to the platform chosen by the merchant; nobody downloads them.
FOR_THE_PLATFORM = {"shop/papers/platforms/afnor/client.py"}


def test_no_export_is_forgotten():
    """A file that the administration hands out belongs into STEP_UP_ACTS, under an address that takes a POST."""
    root = Path(project_settings.BASE_DIR)
    found = {
        str(module.relative_to(root))
        for floor in FLOORS
        for module in (root / floor).rglob("*.py")
        if SENDS_A_FILE.search(module.read_text())
    }

    of_customers = OF_ACCOUNTS | OF_ONESELF | CALENDARS | ONE_DOCUMENT | MANY_DOCUMENTS | RECEIPTS
    assert found == WRITER | of_customers | FOR_THE_BANK | FOR_THE_PLATFORM | OF_THE_BOOKS | SAMPLE
