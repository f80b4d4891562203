"""At the same moment.

A bank statement is imported by two people, and one line of it confirmed by two.
"""

from decimal import Decimal

from django.utils import timezone

from billing.ledger.models import Account
from billing.ledger.selectors import balance
from common.moments import local_day
from shop.orders.giving_back.paying_back import mark_paid_back
from shop.orders.giving_back.services import give_units_back
from shop.payments.models import Payment
from shop.payments.services import confirm_received
from shop.payments.statements import deciding, services
from shop.payments.statements.deciding import confirm_line, confirm_paid_back
from shop.payments.statements.models import StatementLine
from shop.payments.statements.services import import_file, keep_file
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place
from tests.rivals.processes import errors_among, no_row_locks, race, values_among
from tests.shop.merchants import staff
from tests.shop.payments.statements.files import IBAN, camt, entry, statement
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


def two_formats(without=None):
    """Import one movement at the same moment by CAMT and by a table; return the numbers of new lines."""
    actor = staff()
    row = "Date;Montant;Libellé\n27/11/2026;120,00;VIR ATELIERS ROY Facture 12\n".encode()
    keys = [
        keep_file(content=content, account=IBAN, actor=actor, now=NOW).pk
        for content in (camt(statement(entry(text="Facture 12", ref="1"))), row)
    ]
    answers = race(
        lambda: import_file(statement_id=keys[0], now=NOW).new_lines,
        lambda: import_file(statement_id=keys[1], now=NOW).new_lines,
        before=ABOUT_TO_WRITE,
        without=without,
    )
    assert errors_among(answers) == []
    return sorted(values_among(answers))


def test_one_movement_imported_by_two_formats_at_once_is_there_once():
    assert two_formats() == [0, 1]


def no_lock_of_imports():
    services._lock_imports = lambda: None


def test_control_without_the_lock_of_imports_it_is_there_twice():
    assert two_formats(without=no_lock_of_imports) == [1, 1]


def two_show_a_refund(without=None):
    """Confirm two lines at the same moment for the one refund of an order; return the errors."""
    merchant = staff("shop.confirm_money")
    order = place(make_cart(EntryFactory()), email="alice@example.org")
    confirm_received(
        order_id=order.pk, amount=order.gross, reference="in", actor=merchant, is_what_arrived=True, now=NOW
    )
    line = order.lines.get()
    give_units_back(order_id=order.pk, units={line.pk: range(line.quantity)}, actor=merchant, reason="Off", now=NOW)
    mark_paid_back(
        order_id=order.pk, amount=order.gross, paid_on=local_day(NOW), reference="out", actor=merchant, now=NOW
    )
    bring_in(camt(statement(entry(side="DBIT", ref="1"), entry(side="DBIT", ref="2"))), actor=merchant)

    def shown_by(line_id):
        return lambda: confirm_paid_back(line_id=line_id, order_id=order.pk, actor=merchant, now=NOW)

    keys = StatementLine.objects.values_list("pk", flat=True)
    return errors_among(race(*map(shown_by, keys), before=[(deciding, "_decide")], without=without))


def test_two_lines_show_one_refund_once():
    assert two_show_a_refund() == ["NothingOnItsWay"]
    assert balance(Account.REFUNDS_SENT, currency="EUR") == 0


def test_control_without_the_locks_both_show_it():
    assert two_show_a_refund(without=no_row_locks) == []
    assert balance(Account.REFUNDS_SENT, currency="EUR") == 120


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
