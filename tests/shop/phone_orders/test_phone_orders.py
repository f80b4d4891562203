"""Staff enter an order for a customer, who accepts it by a link or on the word of staff."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from catalog.models.entries import Entry, EntryState
from outbox.errors import ResendRefused
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from outbox.mails.services import resend_mail
from shop.cart.models import Cart
from shop.checkout.errors import EntryNotOnSale, TotalChanged
from shop.checkout.place import Consent
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.phone_orders.models import PhoneOrder
from shop.phone_orders.services import (
    AlreadyPlaced,
    Incomplete,
    LinkClosed,
    NoteRefused,
    accept_by_link,
    begin,
    customer_version,
    discard,
    entering,
    note_acceptance,
    put_on,
    save_customer,
    send_link,
)
from tests.constraints import broken, copy, run
from tests.factories.catalog import EntryFactory
from tests.shop.merchants import browser_of, staff
from tests.shop.phone_orders.conftest import fresh, shown
from tests.shop.steps import VISITOR_DETAILS, english_client

pytestmark = pytest.mark.django_db
CONSENT = Consent(terms_id=None)
LIST = "/admin/shop/phoneorder/"


def page(row: PhoneOrder) -> str:
    return f"{LIST}{row.pk}/change/"


def link(row: PhoneOrder) -> str:
    return f"/phone-orders/{row.token}/"


def note(row, seller, **changes):
    now = timezone.now()
    told = {"how": "Mme Martin au téléphone", "on": now.date() - timedelta(days=1), **changes}
    return note_acceptance(phone_order_id=row.pk, shown=shown(row), consent=CONSENT, actor=seller, now=now, **told)


class TestEnteringOnThePages:
    def test_a_new_customer_from_the_first_page_to_the_placed_order(self, desk, seller, probe_entry):
        begun = desk.post(f"{LIST}add/", {"account": "", "language": "fr"})
        row = PhoneOrder.objects.get()
        assert (begun.status_code, begun["location"]) == (302, page(row))
        at = f"{LIST}{row.pk}"
        desk.post(f"{at}/lines/", {"entry": probe_entry.pk, "quantity": 3})
        desk.post(f"{at}/customer/", {**VISITOR_DETAILS, "seen": desk.get(page(row)).context["page"].seen})
        context = desk.get(page(row)).context["page"]
        assert context.shown is not None
        desk.post(f"{at}/send/")
        run_due_jobs()
        assert fresh(row).sent_to == "alice@example.org"
        [sent] = [each for each in mail.outbox if each.to == ["alice@example.org"]]
        assert link(row) in sent.body

        customer = english_client()
        shown_page = customer.get(link(row))
        told = shown_page.content.decode()
        assert "Ateliers Martin" in told
        assert "€360.00" in told
        assert row.cart.token not in told
        accepted = customer.post(link(row), posted(shown_page.context))
        order = Order.objects.get()
        assert accepted["location"] == f"/orders/{order.token}/"
        assert (order.language, order.contact_email, order.is_claimed) == ("fr", "alice@example.org", False)
        assert (fresh(row).order_id, fresh(row).noted_by) == (order.pk, None)
        assert customer.get(f"/orders/{order.token}/").status_code == 200
        assert (
            "by Stella Standard; the customer accepted by the mailed link"
            in desk.get(f"/admin/shop/order/{order.pk}/change/").content.decode()
        )

    def test_an_account_comes_with_its_details_and_its_operator(self, desk, seller, buyer, probe_entry):
        row = begin(account=buyer.account, language="en", actor=seller)
        put_on(phone_order=row, entry=probe_entry, quantity=1, now=timezone.now())
        context = desk.get(page(row)).context["page"]
        assert {"buyer", "operator"} <= set(context.customer.fields)
        form = {name: context.customer[name].value() or "" for name in context.customer.fields}
        form |= {"payer_email": "payer@example.org", "operator": "", "seen": context.seen}
        owner = buyer.account.memberships.get(is_owner=True).user
        form |= {"buyer": buyer.user.pk, "operator": owner.pk, "contact_name": "Abel"}
        desk.post(f"{LIST}{row.pk}/customer/", form)
        order = note(row, seller)
        assert (order.account, order.buyer, order.operator) == (buyer.account, buyer.user, owner)
        assert order.payer_email == "payer@example.org"

    @pytest.mark.parametrize("hostile", ["9" * 5000, "9" * 30, "٣", "-1", "x", "0"])
    def test_a_buyer_that_is_none_changes_no_buyer(self, desk, seller, buyer, hostile):
        row = begin(account=buyer.account, language="fr", actor=seller)

        answer = desk.post(f"{LIST}{row.pk}/customer/", {"buyer": hostile, "seen": "x"})

        assert answer.status_code in (200, 302)
        assert fresh(row).buyer_id == row.buyer_id

    def test_details_changed_elsewhere_are_not_overwritten(self, desk, entered):
        seen = desk.get(page(entered)).context["page"].seen
        save_customer(phone_order=entered, buyer=None, details={**VISITOR_DETAILS, "city": "Brest"}, seen=seen)
        answer = desk.post(f"{LIST}{entered.pk}/customer/", {**VISITOR_DETAILS, "city": "Lyon", "seen": seen})
        assert "Somebody else has changed this" in answer.content.decode()
        assert answer.context["page"].customer["city"].value() == "Lyon"
        assert fresh(entered).cart.details["city"] == "Brest"

    def test_another_buyer_is_kept_with_the_details(self, seller, buyer):
        row = begin(account=buyer.account, language="en", actor=seller)
        owner = buyer.account.memberships.get(is_owner=True).user
        assert row.buyer == buyer.user
        save_customer(phone_order=row, buyer=owner, details=VISITOR_DETAILS, seen=customer_version(fresh(row)))
        assert (fresh(row).buyer, fresh(row).cart.details) == (owner, VISITOR_DETAILS)

    def test_units_are_asked_and_may_be_typed(self, desk, seller, entry_with_forms):
        row = begin(account=None, language="en", actor=seller)
        put_on(phone_order=row, entry=entry_with_forms, quantity=2, now=timezone.now())
        line = row.cart.lines.get()
        at = f"{LIST}{row.pk}/lines/{line.pk}/units/"
        told = desk.get(at)
        sent = {unit.made_name: unit.version for unit in told.context["page"].units} | {"quantity": 2}
        names = {f"unit-{line.pk}-{index}-name": f"Nadia {index}" for index in range(2)}
        assert desk.post(at, {**sent, **names}).status_code == 302
        assert entering(fresh(row), now=timezone.now()).checkout.unit_errors == []

    def test_quantity_and_removal(self, desk, entered):
        line = entered.cart.lines.get()
        at = f"{LIST}{entered.pk}/lines/"
        desk.post(at, {f"seen-{line.pk}": 2, f"quantity-{line.pk}": 5})
        line.refresh_from_db()
        assert line.quantity == 5
        stale = desk.post(at, {f"seen-{line.pk}": 2, f"quantity-{line.pk}": 3})
        assert "changed elsewhere, to 5" in stale.content.decode()
        desk.post(at, {f"seen-{line.pk}": 5, f"quantity-{line.pk}": 5, f"remove-{line.pk}": "on"})
        assert not entered.cart.lines.exists()


def posted(context, **changes):
    boxes = dict.fromkeys(context["form"].fields, "on")
    seen = context["shown"]
    terms = {"terms": context["terms"].pk} if context["terms"] else {}
    return {"version": seen.version, "gross": seen.gross, "contents": seen.contents, **terms, **boxes, **changes}


class TestTheLink:
    def test_terms_have_to_be_accepted(self, entered, terms):
        send_link(phone_order=entered, now=timezone.now())
        customer = english_client()
        form = posted(customer.get(link(entered)).context)
        del form["accept_terms"]
        assert "accept them" in customer.post(link(entered), form).content.decode()
        assert not Order.objects.exists()

    def test_a_price_changed_meanwhile_is_shown_before_it_is_accepted(self, entered, probe_entry):
        send_link(phone_order=entered, now=timezone.now())
        customer = english_client()
        form = posted(customer.get(link(entered)).context)
        probe_entry.tiers.update(unit_net="55.00")
        answer = customer.post(link(entered), form)
        assert (answer.status_code, Order.objects.count()) == (200, 0)
        customer.post(link(entered), posted(answer.context))
        assert Order.objects.get().gross == 132

    @pytest.mark.parametrize("ended", ["never sent", "too old", "discarded", "unknown"])
    def test_a_link_that_has_ended_tells_nothing(self, entered, ended):
        address = link(entered)
        if ended != "never sent":
            send_link(phone_order=entered, now=timezone.now())
        if ended == "too old":
            PhoneOrder.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        if ended == "discarded":
            discard(phone_order=entered)
        if ended == "unknown":
            address = "/phone-orders/x/"
        answer = english_client().get(address)
        assert answer.status_code == 404
        assert "no longer works" in answer.content.decode()
        with pytest.raises(LinkClosed):
            accept_by_link(token=address.split("/")[2], shown=None, consent=CONSENT, now=timezone.now())

    def test_reading_changes_nothing_and_a_second_press_leads_to_the_same_order(self, entered):
        send_link(phone_order=entered, now=timezone.now())
        customer = english_client()
        form = posted(customer.get(link(entered)).context)
        assert not Order.objects.exists()
        first, second = customer.post(link(entered), form), customer.post(link(entered), form)
        assert first["location"] == second["location"]
        assert Order.objects.count() == 1

    def test_the_mail_sent_again_has_a_living_link_and_none_once_placed(self, entered, seller):
        send_link(phone_order=entered, now=timezone.now())
        sent = Mail.objects.get(kind="phone_order")
        run_due_jobs()
        mail.outbox.clear()
        resend_mail(mail_id=sent.pk, now=timezone.now())
        run_due_jobs()
        assert link(entered) in mail.outbox[0].body
        note(entered, seller)
        with pytest.raises(ResendRefused):
            resend_mail(mail_id=sent.pk, now=timezone.now())

    def test_nothing_is_mailed_before_it_is_complete(self, seller):
        row = begin(account=None, language="en", actor=seller)
        with pytest.raises(Incomplete):
            send_link(phone_order=row, now=timezone.now())
        assert not Mail.objects.exists()

    def test_the_link_has_as_many_bits_as_it_takes_and_only_its_hash_is_kept(self, entered):
        assert len(entered.token) == 43
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_jsonb(p)::text FROM shop_phoneorder p")
            assert entered.token not in cursor.fetchone()[0]


class TestTheNote:
    def test_is_kept_on_the_order_and_in_its_history(self, desk, entered, seller):
        order = note(entered, seller)
        row, event = fresh(entered), order.events.get(what=OrderEvent.What.PLACED)
        assert (row.how, row.noted_by, row.order) == ("Mme Martin au téléphone", seller, order)
        assert (event.actor, event.detail["reason"]) == (seller, "Mme Martin au téléphone")
        told = desk.get(f"/admin/shop/order/{order.pk}/change/").content.decode()
        assert told.count("Mme Martin au téléphone") == 2

    def test_the_customer_has_days_to_pay_and_is_told_how(self, entered, seller):
        order = note(entered, seller)
        assert order.method == "transfer"
        assert order.expires_at - order.placed_at > timedelta(days=1)
        assert Mail.objects.filter(order_id=order.pk, kind="payment_instructions").exists()

    def test_says_how_and_when(self, entered, seller):
        for wrong in ({"how": "  "}, {"on": timezone.now().date() + timedelta(days=2)}):
            with pytest.raises(NoteRefused):
                note(entered, seller, **wrong)
        assert not Order.objects.exists()

    def test_by_the_page(self, desk, entered):
        context = desk.get(page(entered)).context["page"]
        seen = context.shown
        form = {"version": seen.version, "gross": seen.gross, "contents": seen.contents, "how": "lettre", "on": ""}
        at = f"{LIST}{entered.pk}/accepted/"
        refused = desk.post(at, form)
        assert refused.status_code == 200
        assert refused.context["page"].accepted["how"].value() == "lettre"
        done = desk.post(at, {**form, "on": timezone.localdate().isoformat()})
        order = Order.objects.get()
        assert done["location"] == f"/admin/shop/order/{order.pk}/change/"
        again = desk.post(at, {**form, "on": timezone.localdate().isoformat()}, follow=True)
        assert "your note was not needed" in again.content.decode()

    def test_is_bound_to_what_was_shown(self, entered, seller, probe_entry):
        before = shown(entered)
        probe_entry.tiers.update(unit_net="55.00")
        with pytest.raises(TotalChanged):
            note_acceptance(
                phone_order_id=entered.pk, how="x", on=timezone.localdate(), shown=before, consent=CONSENT,
                actor=seller, now=timezone.now(),
            )  # fmt: skip

    def test_nothing_changes_once_it_is_placed(self, entered, seller):
        note(entered, seller)
        for change in (
            lambda: put_on(phone_order=entered, entry=Entry.objects.get(), quantity=1, now=timezone.now()),
            lambda: send_link(phone_order=entered, now=timezone.now()),
            lambda: discard(phone_order=entered),
        ):
            with pytest.raises(AlreadyPlaced):
                change()


class TestInternalEntries:
    def test_staff_sell_what_customers_cannot_buy(self, seller, diary):
        internal = EntryFactory(handler="std_probe", state=EntryState.INTERNAL)
        row = begin(account=None, language="en", actor=seller)
        put_on(phone_order=row, entry=internal, quantity=1, now=timezone.now())
        Cart.objects.filter(pk=row.cart_id).update(details=VISITOR_DETAILS)
        assert note(fresh(row), seller).lines.get().entry == internal

    def test_what_nobody_can_buy_is_refused_here_too(self, entered, seller, probe_entry):
        before = shown(entered)
        Entry.objects.filter(pk=probe_entry.pk).update(state=EntryState.SUSPENDED)
        with pytest.raises(EntryNotOnSale):
            note_acceptance(
                phone_order_id=entered.pk, how="x", on=timezone.localdate(), shown=before, consent=CONSENT,
                actor=seller, now=timezone.now(),
            )  # fmt: skip


class TestWhoMay:
    ADDRESSES = ("", "add/", "{pk}/change/", "{pk}/send/", "{pk}/accepted/", "{pk}/lines/", "{pk}/customer/",
                 "{pk}/discard/")  # fmt: skip

    def test_nobody_without_the_permission(self, entered):
        browser = browser_of(staff("shop.view_order", "shop.change_order"))
        for address in self.ADDRESSES:
            at = LIST + address.format(pk=entered.pk)
            assert {browser.get(at).status_code, browser.post(at).status_code} <= {403, 405}, at

    def test_reading_addresses_of_actions_changes_nothing(self, desk, entered):
        for address in ("send", "accepted", "lines", "customer", "discard"):
            assert desk.get(f"{LIST}{entered.pk}/{address}/").status_code == 405

    def test_a_new_cart_of_the_staff_is_nobodys_cart(self, entered, desk):
        assert desk.get("/cart/").status_code == 200
        assert not Cart.objects.filter(user__isnull=False).exists()


class TestTheTable:
    def test_keeps_no_half_of_a_note(self, entered):
        for half in ("how = 'x'", "accepted_on = '2026-01-01'", f"noted_by_id = {entered.entered_by_id}"):
            with broken("shop_phoneorder_note_whole"):
                run(f"UPDATE shop_phoneorder SET {half}")

    def test_keeps_no_half_of_a_link(self, entered):
        for half in ("sent_to = 'a@b.fr'", "expires_at = now()", "sent_at = now()"):
            with broken("shop_phoneorder_link_whole"):
                run(f"UPDATE shop_phoneorder SET {half}")

    def test_a_cart_an_order_and_a_link_belong_to_one(self, entered, seller):
        note(entered, seller)
        another = begin(account=None, language="en", actor=seller)
        with broken("shop_phoneorder_cart_id_key"):
            blank = {"order_id": None, "how": "", "accepted_on": None, "noted_by_id": None}
            copy("shop_phoneorder", entered.pk, token_hash="x", **blank)
        with broken("shop_phoneorder_order_id_key"):
            run("UPDATE shop_phoneorder SET order_id = (SELECT order_id FROM shop_phoneorder WHERE order_id > 0)")
        with broken("shop_phoneorder_token_hash_key"):
            run("UPDATE shop_phoneorder SET token_hash = 'x'")
        assert fresh(another).order_id is None
