"""Mails about orders: each readable in both languages, and none tells a visitor's address about a person."""

import re

import pytest
from django.utils import timezone

from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.again import mail_again
from shop.orders.claim import claim_order
from shop.orders.ending import cancel_order
from shop.orders.giving_back.owed import owed_for
from shop.orders.giving_back.services import give_units_back
from shop.orders.mail_kinds import KINDS
from shop.orders.mails import queue_card_not_charged
from shop.orders.models import Order
from shop.payments.port import RefundAnswer, RefundState
from shop.payments.refunds.following import note_answer
from shop.payments.refunds.sending import send_back
from shop.payments.requests.links import give_link
from shop.payments.saved_cards.models import CardCharge, SavedCard
from shop.payments.services import choose_method
from shop.seller.models import ShopIdentity
from shop.withdrawal.services import withdraw_from_contract
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def seller(db) -> ShopIdentity:
    seller = ShopIdentity.current()
    seller.name, seller.iban, seller.sales_email = "Amphi & Cie", "FR76 1234", "sales@example.org"
    seller.save()
    return seller


def every_kind(probe_entry, diary) -> None:
    """Place, pay, deliver, fail and cancel orders, so that every kind of mail is queued."""
    from handlers.contract import Refusal

    buyer = MembershipFactory(is_owner=False, is_buyer=True)
    operator = MembershipFactory(account=buyer.account, is_owner=False, is_operator=True).user
    order = place(
        make_cart(probe_entry, user=buyer.user), user=buyer.user, account=buyer.account, operator=operator,
        payer_email="payer@example.org", purchase_reference="PO-1",
    )  # fmt: skip
    choose_method(order_id=order.pk, method="transfer", actor=buyer.user, now=timezone.now())
    pay(order)
    pay(order, reference="again")
    deliver(order)
    taken_back = place(make_cart(probe_entry), email="taken@example.org")
    pay(taken_back, reference="taken")
    pay(taken_back, reference="taken", kind="dispute_lost", event_id="dp_1:dispute_lost")
    given_up = place(make_cart(probe_entry), payer_email="payer@example.org")
    choose_method(order_id=given_up.pk, method="transfer", actor=None, now=timezone.now())
    mail_again(order_id=given_up.pk, now=timezone.now())
    cancel_order(order_id=given_up.pk, actor=None, now=timezone.now())
    failing = place(make_cart(probe_entry))
    diary.raises["post"] = [Refusal("over")]
    pay(failing)
    deliver(failing)
    cancel_order(order_id=place(make_cart(probe_entry), email="x@y.org").pk, actor=None, now=timezone.now())
    private = place(make_cart(probe_entry), is_organisation=False)
    withdraw_from_contract(order_id=private.pk, name="Ann", answer_to="ann@example.org", now=timezone.now())
    give_units_back(
        order_id=order.pk, units={order.lines.get().pk: [0]}, actor=UserFactory(), reason="Agreed", now=timezone.now()
    )
    send_back(order_id=order.pk, owed=owed_for(order), actor=UserFactory(), now=timezone.now())
    refund_id = order.refunds.get().pk
    card_not_charged(probe_entry)
    for state in (RefundState.PENDING, RefundState.FAILED):
        note_answer(refund_id=refund_id, answer=RefundAnswer(state, "re_1", "account_closed"), now=timezone.now())


def card_not_charged(probe_entry) -> None:
    """Tell of a saved card whose bank wants to ask its customer."""
    order = place(make_cart(probe_entry), email="alice@example.org")
    now, request = timezone.now(), order.requests.get()
    card = SavedCard.objects.create(
        order=order, provider="stripe", state="saved", reference="cs_1", card="cus_1:pm_1", begun_at=now, saved_at=now
    )
    charge = CardCharge.objects.create(card=card, request=request, tries=1, needs_customer=True)
    give_link(request)
    queue_card_not_charged(order, charge_id=charge.pk, number=1, now=now)


def test_every_kind_is_readable_in_both_languages(probe_entry, diary):
    every_kind(probe_entry, diary)
    mails = {mail.kind: mail for mail in Mail.objects.filter(kind__in=KINDS)}
    assert sorted(mails) == sorted(KINDS)
    for mail in mails.values():
        for language in ("en", "fr"):
            mail.language = language
            rendered = render_mail(mail, blank_secrets=False)
            assert rendered.subject
            assert "\n" not in rendered.subject
            assert "{{" not in rendered.text + rendered.html
            assert "&amp;" not in rendered.text
            assert "None" not in rendered.text


def test_the_claim_link_is_in_the_mail_and_blanked_where_it_is_shown(probe_entry):
    place(make_cart(probe_entry))
    mail = Mail.objects.get(kind="order_placed")
    sent = render_mail(mail, blank_secrets=False).text
    again = render_mail(mail, blank_secrets=False).text
    shown = render_mail(mail, blank_secrets=True).text
    (link,) = re.findall(r"http\S+/accounts/link/\S+", sent)
    assert sent == again
    assert link not in shown
    assert "/accounts/link/" not in shown


def test_a_signed_in_buyer_gets_no_claim_link(probe_entry):
    alice = UserFactory()
    place(make_cart(probe_entry, user=alice), user=alice)
    assert "/accounts/link/" not in render_mail(Mail.objects.get(kind="order_placed"), blank_secrets=False).text


def test_an_unclaimed_orders_mails_name_no_person(diary):
    from tests.factories.catalog import EntryFactory

    entry = EntryFactory(handler="std_formprobe")
    order = place(make_cart(entry, units=[{"name": "Ada Lovelace"}]))
    pay(order)
    deliver(order)
    mails = Mail.objects.filter(recipient="buyer@example.org")
    assert {mail.kind for mail in mails} == {"order_placed", "payment_received", "delivered_public"}
    for mail in mails:
        rendered = render_mail(mail, blank_secrets=False)
        assert "Lovelace" not in rendered.text + rendered.html
        assert "done for you" not in rendered.text + rendered.html


def test_an_operator_reads_what_is_meant_for_them_and_nothing_twice():
    owner = MembershipFactory()
    entry = EntryFactory(handler="std_generateseats")
    order = place(make_cart(entry, user=owner.user), user=owner.user, account=owner.account)
    pay(order)
    deliver(order)
    rendered = render_mail(Mail.objects.get(kind="delivered"), blank_secrets=False)
    for body in (rendered.text, rendered.html):
        assert body.count("1 seat is ready in the customer account.") == 1


def test_an_operator_without_the_order_is_led_to_the_seats(probe_entry):
    buyer = MembershipFactory(is_owner=False, is_buyer=True)
    operator = MembershipFactory(account=buyer.account, is_owner=False, is_operator=True).user
    order = place(make_cart(probe_entry, user=buyer.user), user=buyer.user, account=buyer.account, operator=operator)
    pay(order)
    deliver(order)
    text = render_mail(Mail.objects.get(kind="delivered"), blank_secrets=False).text
    assert f"/account/{order.account_id}/seats/" in text
    assert order.token not in text


def test_a_claimed_orders_mail_has_no_link_any_more(probe_entry):
    order = place(make_cart(probe_entry), email="alice@example.org")
    claim_order(order_id=order.pk, user=UserFactory(email="alice@example.org"), now=timezone.now())
    assert Order.objects.get(pk=order.pk).is_claimed
    assert "/accounts/link/" not in render_mail(Mail.objects.get(kind="order_placed"), blank_secrets=False).text
