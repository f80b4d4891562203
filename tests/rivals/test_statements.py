"""At the same moment.

A bank statement is imported by two people, and one line of it confirmed by two.
"""

from decimal import Decimal

from django.utils import timezone

from billing.ledger.models import Account
from billing.ledger.selectors import balance
from shop.payments.models import Payment
from shop.payments.statements import deciding, services
from shop.payments.statements.deciding import confirm_line
from shop.payments.statements.models import StatementLine
from shop.payments.statements.services import import_file, keep_file
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place
from tests.rivals.processes import errors_among, no_row_locks, race, values_among
from tests.shop.merchants import staff
from tests.shop.payments.statements.files import camt, entry, statement
from tests.shop.payments.statements.test_statements import bring_in

NOW = timezone.now()
ABOUT_TO_WRITE = [(services, "_write")]
ABOUT_TO_DECIDE = [(deciding, "confirm_or_ask")]


def test_the_same_lines_imported_twice_at_once_are_there_once():
    actor = staff()
    one, other = (
        keep_file(
            content=camt(statement(entry(ref="1"), entry(ref="2"), opening=str(n))), account="", actor=actor, now=NOW
        )
        for n in (1, 2)
    )

    answers = race(
        lambda: import_file(statement_id=one.pk, now=NOW).new_lines,
        lambda: import_file(statement_id=other.pk, now=NOW).new_lines,
        before=ABOUT_TO_WRITE,
    )

    assert errors_among(answers) == []
    assert sorted(values_among(answers)) == [0, 2]
    assert StatementLine.objects.count() == 2


def test_one_file_imported_twice_at_once_is_imported_once():
    kept = keep_file(content=camt(statement(entry(ref="1"))), account="", actor=staff(), now=NOW)

    answers = race(*[lambda: import_file(statement_id=kept.pk, now=NOW).pk] * 2, before=ABOUT_TO_WRITE)

    assert errors_among(answers) == ["ImportedAlready"]
    assert StatementLine.objects.count() == 1


def two_confirm(without=None):
    merchant = staff("shop.confirm_money")
    orders = [place(make_cart(EntryFactory()), email=f"{n}@example.org") for n in range(2)]
    bring_in(camt(statement(entry(text="both"))), actor=merchant)
    line = StatementLine.objects.get()

    def confirmed_for(order):
        return lambda: confirm_line(line_id=line.pk, shares=[(order.pk, Decimal("120.00"))], actor=merchant, now=NOW)

    return race(*map(confirmed_for, orders), before=ABOUT_TO_DECIDE, without=without)


def test_a_line_confirmed_for_two_orders_at_once_pays_one():
    assert errors_among(two_confirm()) == ["LineDecided"]
    assert Payment.objects.count() == 1
    assert balance(Account.BANK, currency="EUR") == 120


def test_control_without_the_lock_it_pays_both():
    assert errors_among(two_confirm(without=no_row_locks)) == []
    assert Payment.objects.count() == 2
