"""Stories of the demo's money: promised, in parts, by two payers, on its way back, failed, disputed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from common.moments import local_day
from common.postal import PostalAddress
from shop.orders.giving_back.owed import owed_for
from shop.payments.due.services import remind_of_due
from shop.payments.models import PaymentEvent
from shop.payments.on_account.services import buy_on_account, set_terms, terms_shown
from shop.payments.plans.models import PaymentPlan
from shop.payments.providers.sandbox import bank
from shop.payments.providers.sandbox.jobs import notify
from shop.payments.refunds.following import follow
from shop.payments.refunds.models import Refund
from shop.payments.refunds.sending import How, send_back
from shop.payments.registry import get_provider
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.planning import divide, plan_payments
from shop.payments.requests.promises import accept_promise
from shop.payments.transfers_back.accounts import keep_account
from shop.payments.transfers_back.services import make_file, mark_sent
from workbench.demo.papers import OPCO
from workbench.demo.shop import DemoShop
from workbench.demo.timeline import Story

IBAN_OF_THE_CLINIC = "FR7630001007941234567890185"


def stories_of_money(shop: DemoShop) -> Iterator[Story]:
    yield _plan()
    yield _on_account_and_overdue(shop)
    yield _reminders(shop)
    yield _half_paid(shop)
    yield _of_two_payers(shop)
    yield _of_public_body(shop)
    yield _refund_under_way(shop)
    # The card of development: a shop that is set up without it has no such stories.
    if get_provider("sandbox") is not None:
        yield _refund_that_failed(shop)
        yield _disputed(shop)


def _plan() -> Story:
    """A plan of payment that companies may choose for larger orders."""
    yield 100
    PaymentPlan.objects.create(deposit_percent=30, instalments=2, days_between=30, least_total=Decimal(1000))


def _on_account_and_overdue(shop: DemoShop) -> Story:
    account, (yann, theo) = shop.accounts["aubin"], shop.named("saint-aubin", "yann", "theo")
    yield 60
    set_terms(
        account_id=account.pk,
        limit=Decimal(5000),
        days=30,
        seen=terms_shown(account),
        actor=shop.merchant,
        now=shop.now,
    )
    yield 50
    order = shop.place(account, yann, theo, ("LIVRET-SST", 40, ()))
    buy_on_account(order_id=order.pk, actor=yann, now=shop.now)


def _reminders(shop: DemoShop) -> Story:
    """Each day, what falls due is asked for."""
    for day in range(60, -1, -1):
        yield day
        remind_of_due(now=shop.now)


def _half_paid(shop: DemoShop) -> Story:
    """A schedule of two parts, of which one has come."""
    yann, theo = shop.named("saint-aubin", "yann", "theo")
    yield 8
    order = shop.place(shop.accounts["aubin"], yann, theo, ("LIVRET-SST", 30, ()))
    yield 7
    first_on = local_day(shop.clock.today) + timedelta(days=20)
    parts = divide(order.gross, order.currency, deposit_percent=50, instalments=1, first_on=first_on, days_between=1)
    plan_payments(order_id=order.pk, parts=parts, actor=shop.merchant, now=shop.now)
    yield 5
    shop.receive(order, "ACOMPTE LIVRETS", amount=parts[0].amount)


def _of_two_payers(shop: DemoShop) -> Story:
    """An OPCO has promised its share; the company owes the other."""
    yann, theo = shop.named("saint-aubin", "yann", "theo")
    yield 6
    order = shop.place(shop.accounts["aubin"], yann, theo, ("LIVRET-SST", 50, ()))
    yield 5
    first_on = local_day(shop.clock.today) + timedelta(days=20)
    parts = divide(order.gross, order.currency, deposit_percent=60, instalments=1, first_on=first_on, days_between=1)
    plan_payments(order_id=order.pk, parts=parts, actor=shop.merchant, now=shop.now)
    yield 4
    accept_promise(
        order_id=order.pk,
        kind=PaymentRequest.Promise.OPCO,
        reference="OPCO-2026-1187",
        due_on=first_on,
        positions=[2],
        giver=OPCO,
        actor=shop.merchant,
        now=shop.now,
    )


def _of_public_body(shop: DemoShop) -> Story:
    """The purchase order of a town hall is accepted: delivered before the money comes."""
    yield 5
    order = shop.place(
        None, None, None, ("LIVRET-SST", 25, ()), email="achats@mairie.example",
        contact_name="Denise Hamon", is_public_body=True, register_number="21440109300015",
        service_code="FORMATION", commitment_number="EJ-2026-0815",
        address=PostalAddress(name="Mairie de Saint-Lyphard", street="1 place de l’Église",
                              postal_code="44410", city="Saint-Lyphard"),
    )  # fmt: skip
    yield 4
    accept_promise(
        order_id=order.pk,
        kind=PaymentRequest.Promise.PUBLIC_MANDATE,
        reference=order.commitment_number,
        due_on=local_day(shop.clock.today) + timedelta(days=27),
        actor=shop.merchant,
        now=shop.now,
    )


def _refund_under_way(shop: DemoShop) -> Story:
    """Booklets given back; the transfer was given to the bank, whose statement will show it."""
    yann, theo = shop.named("saint-aubin", "yann", "theo")
    yield 13
    order = shop.place(shop.accounts["aubin"], yann, theo, ("LIVRET-SST", 10, ()))
    yield 11
    shop.pay_and_deliver(order, "LIVRETS A RENDRE")
    yield 3
    shop.give_all_back(order, "Livrets commandés deux fois.")
    yield 2
    payee = keep_account(
        holder="Clinique Saint-Aubin", iban=IBAN_OF_THE_CLINIC, order=order, actor=shop.merchant, now=shop.now
    )
    send_back(order_id=order.pk, owed=owed_for(order), how=How.TRANSFER, payee=payee, actor=shop.merchant, now=shop.now)
    refunds = list(Refund.objects.filter(order=order).values_list("pk", flat=True))
    file = make_file(refund_ids=refunds, execute_on=local_day(shop.now), actor=shop.merchant, now=shop.now)
    yield 1
    mark_sent(file_id=file.pk, actor=shop.merchant, now=shop.now)


def _refund_that_failed(shop: DemoShop) -> Story:
    """Paid by a card whose account is closed by now: what went back came back, and is owed again."""
    helene, nadia = shop.named("lacombe", "helene", "nadia")
    yield 16
    order = shop.place(shop.accounts["lacombe"], helene, nadia, ("LIVRET-SST", 15, ()), by="sandbox")
    shop.pay_by_card(order, bank.Choice.REFUND_FAILS)
    yield 3
    shop.give_all_back(order, "Livrets abîmés pendant le transport.")
    send_back(order_id=order.pk, owed=owed_for(order), actor=shop.merchant, now=shop.now)
    for day in (3, 2):
        yield day
        for refund in Refund.objects.filter(order=order):
            follow(refund_id=refund.pk, now=shop.now)


def _disputed(shop: DemoShop) -> Story:
    """A card payment that the customer's bank asks back: the order is frozen until the bank decides."""
    paul, nadia = shop.named("lacombe", "paul", "nadia")
    yield 18
    order = shop.place(shop.accounts["lacombe"], paul, nadia, ("LIVRET-SST", 20, ()), by="sandbox")
    charge = shop.pay_by_card(order, bank.Choice.DISPUTE)
    yield 2
    notify(charge, "dispute", now=shop.now, kind=PaymentEvent.Kind.DISPUTED)
