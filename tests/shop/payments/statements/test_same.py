"""One movement told by CAMT and by a table of the bank is imported once; two are told apart; a doubt is told."""

from __future__ import annotations

import pytest
from django.utils import timezone

from shop.payments.statements.deciding import confirm_sure_lines
from shop.payments.statements.models import StatementLine
from shop.payments.statements.services import keep_file, look
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place
from tests.shop.merchants import staff
from tests.shop.payments.statements.files import IBAN, camt, entry, statement
from tests.shop.payments.statements.test_statements import bring_in

pytestmark = pytest.mark.django_db

HEADINGS = "Date;Montant;Libellé;Référence"


def table(*rows: str) -> bytes:
    return "\n".join([HEADINGS, *rows]).encode()


ROY = "27/11/2026;120,00;VIR SEPA RECU ATELIERS ROY Facture 12;"
CAMT = camt(statement(entry(text="Facture 12", ref="B77")))


def counts(content: bytes, account: str = IBAN) -> tuple[int, int]:
    done = bring_in(content, account=account)
    return done.new_lines, done.known_lines


@pytest.mark.parametrize("files", [(CAMT, table(ROY)), (table(ROY), CAMT)], ids=["camt first", "table first"])
def test_the_same_movement_by_both_formats_changes_nothing(files):
    assert counts(files[0]) == (1, 0)
    assert counts(files[1]) == (0, 1)

    assert StatementLine.objects.get().perhaps is None


def test_a_reference_of_the_bank_tells_it_too_and_the_preview_says_so():
    bring_in(CAMT)
    kept = keep_file(content=table("27/11/2026;120,00;x;B77"), account=IBAN, actor=staff(), now=timezone.now())

    seen = look(kept)

    assert (seen.new, seen.known, seen.perhaps) == (0, 1, 0)


def test_two_equal_payments_of_a_day_are_two_in_each_format():
    bring_in(camt(statement(entry(text="Facture 12", ref="1"), entry(text="Facture 12", ref="2"))))

    assert counts(table(ROY)) == (0, 1)
    assert counts(table(ROY, ROY)) == (0, 2)
    assert counts(table(ROY, ROY, ROY)) == (1, 2)


@pytest.mark.parametrize(
    ("row", "account"),
    [
        ("28/11/2026;120,00;ATELIERS ROY Facture 12;", IBAN),
        ("27/11/2026;120,01;ATELIERS ROY Facture 12;", IBAN),
        ("27/11/2026;-120,00;ATELIERS ROY Facture 12;", IBAN),
        ("27/11/2026;120,00;ATELIERS ROY Facture 12;", "FR7630001007941234567890185"),
        ("27/11/2026;120,00;something else;", "MY BANK"),
    ],
    ids=["day", "amount", "side", "account", "account by name"],
)
def test_another_day_amount_side_or_account_is_another_movement(row, account):
    bring_in(CAMT)

    assert counts(table(row), account) == (1, 0)

    assert StatementLine.objects.latest("pk").perhaps is None


def test_texts_that_name_different_orders_or_payers_are_two_movements():
    bring_in(camt(statement(entry(text="2026-000001", ref="1"))))
    row = "27/11/2026;120,00;VIR ATELIERS ROY 2026-000002;"

    assert counts(table(row)) == (1, 0)

    assert StatementLine.objects.latest("pk").perhaps is None


@pytest.mark.parametrize(
    ("row", "account"),
    [("27/11/2026;120,00;VIREMENT RECU;", IBAN), (ROY, "MY BANK")],
    ids=["text", "account by name"],
)
def test_where_nobody_can_know_it_is_told_and_never_confirmed_by_itself(row, account):
    bring_in(CAMT)
    camt_line = StatementLine.objects.get()

    assert counts(table(row), account) == (1, 0)

    assert StatementLine.objects.latest("pk").perhaps == camt_line


def test_a_line_in_doubt_is_not_sure_though_it_names_an_order():
    order = place(make_cart(EntryFactory()), email="alice@example.org")
    bring_in(camt(statement(entry(text="no word of it", ref="1"))))
    bring_in(table(f"27/11/2026;120,00;{order.number};"), account=IBAN)

    assert confirm_sure_lines(actor=staff("shop.confirm_money"), now=timezone.now(), at_most=10) == (0, 0)


def test_a_sure_line_is_taken_before_one_in_doubt():
    bring_in(CAMT)

    assert counts(table("27/11/2026;120,00;VIREMENT RECU;", ROY)) == (1, 1)

    assert StatementLine.objects.latest("pk").perhaps is None
