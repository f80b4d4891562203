"""Exports, the start page and the ledger say the same sums, whatever happened."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.members.models import CustomerAccount
from billing.journal.vat import Basis, vat_due
from billing.ledger.models import Account, LedgerEntry
from billing.ledger.selectors import balance
from shop.orders.figures import Period, owed_back, sales
from shop.orders.models import Order
from shop.seller.models import ShopIdentity
from tests.billing.journal import checking
from tests.factories.accounts import MembershipFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.books.making import content_of, made, rows_of
from tests.shop.payments.requests.test_any_order import LIMIT, STEPS, Walk

pytestmark = pytest.mark.django_db

SOLD = (Account.SALES, Account.VAT)


@pytest.fixture(autouse=True)
def seller():
    ShopIdentity.objects.update_or_create(pk=1, defaults={"name": "Amphi", "siret": "73282932000074"})


def total(rows: list[dict[str, str]], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows), Decimal(0))


def fec_balance(rows: list[dict[str, str]], *numbers: str) -> Decimal:
    ours = [row for row in rows if row["CompteNum"] in numbers]
    return sum((checking.amount(row["Debit"]) - checking.amount(row["Credit"]) for row in ours), Decimal(0))


def check_totals() -> None:
    fec, journal, orders = made("fec"), rows_of(made("sales")), rows_of(made("orders"))
    year = f"{timezone.localdate():%Y}"
    faults = checking.faults(content_of(fec), starts=f"{year}0101", ends=f"{year}1231", name=fec.file_name)
    assert faults == []
    entries = checking.rows_of(content_of(fec))
    sold = -balance(*SOLD, currency="EUR")
    start_page = sum((one.gross for one in sales(period=Period.WEEK, now=timezone.now())), Decimal(0))
    assert sold == total(journal, "Total") == -fec_balance(entries, "706000", "445710")
    to_come = -balance(Account.TO_BE_INVOICED, currency="EUR")
    assert start_page == total(orders, "Sold, less given back") == sold + to_come
    assert -balance(Account.VAT, currency="EUR") == total(journal, "VAT") == total(rows_of(made("vat")), "VAT")
    assert balance(Account.RECEIVABLE, currency="EUR") == total(orders, "Still owed") == fec_balance(entries, "411000")
    assert owed_back().amount == total(orders, "Owed back") == -fec_balance(entries, "467000")
    for account, number in [(Account.BANK, "512000"), (Account.IN_TRANSIT, "580000"), (Account.DEPOSITS, "419100")]:
        assert balance(account, currency="EUR") == fec_balance(entries, number)
    assert len({(row["JournalCode"], row["EcritureNum"]) for row in entries}) == LedgerEntry.objects.count()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rule", Order.ReleaseRule.values)
def test_exports_start_page_and_ledger_agree_on_any_history(probe_entry, diary, seed, rule):
    member = MembershipFactory(is_owner=True)
    CustomerAccount.objects.filter(pk=member.account_id).update(credit_limit=LIMIT)
    order = place(make_cart(probe_entry, user=member.user), user=member.user, account=member.account)
    Order.objects.filter(pk=order.pk).update(release_rule=rule)
    order.refresh_from_db()
    walk, taken = Walk(order, seed), []
    other = place(make_cart(probe_entry), email="other@example.org")
    for step in range(STEPS):
        taken.append(walk.step())
        if step == STEPS // 2:
            pay(other, reference="other", event_id="other")
    try:
        check_totals()
    except AssertionError as error:
        raise AssertionError(" → ".join(taken)) from error


def test_vat_on_receipts_is_that_of_the_paid_share_and_adds_up(probe_entry, diary):
    order = place(make_cart(probe_entry), email="bob@example.org")
    pay(order)
    today = timezone.localdate()
    period = {"starts": today.replace(day=1, month=1), "ends": today, "currency": "EUR"}

    on_debits, on_receipts = (list(vat_due(basis, **period)) for basis in (Basis.DEBITS, Basis.RECEIPTS))

    assert on_debits == on_receipts != []
    assert sum(due.vat for due in on_debits) == -int(100 * balance(Account.VAT, currency="EUR"))
