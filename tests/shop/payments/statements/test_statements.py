"""Bank statements imported, matched with orders and decided about; each line once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone, translation

from billing.ledger.models import Account, LedgerEntry
from billing.ledger.selectors import balance, balances_of_order
from common.moments import local_day
from common.tidying import TIDYINGS
from shop.orders.giving_back.paying_back import mark_paid_back
from shop.orders.giving_back.services import give_units_back
from shop.orders.models import Order
from shop.payments.models import Payment, PaymentEvent
from shop.payments.refunds.models import Refund
from shop.payments.refunds.sending import How, send_back
from shop.payments.requests.planning import Part, plan_payments
from shop.payments.requests.reference import reference_of
from shop.payments.services import confirm_received
from shop.payments.statements.deciding import (
    LineDecided,
    MoneyCame,
    NoMoneyCame,
    NothingOnItsWay,
    SharesDiffer,
    WhyMissing,
    confirm_line,
    confirm_paid_back,
    confirm_sure_lines,
    confirm_transfer,
    keep_line,
    note_fee,
    note_payout,
    set_aside,
)
from shop.payments.statements.kept_files import FileNotRead, file_of
from shop.payments.statements.matching import proposals_for, shares_from
from shop.payments.statements.models import BankColumns, BankStatement, StatementLine
from shop.payments.statements.party import Party
from shop.payments.statements.read import StatementKnown, StatementRefused, StatementWithoutLines
from shop.payments.statements.refunds import Sent, sent_for
from shop.payments.statements.services import (
    ColumnsMissing,
    ImportedAlready,
    discard_file,
    import_file,
    keep_file,
    look,
    say_columns,
)
from shop.payments.statements.tables import Columns
from shop.payments.transfers_back.accounts import keep_account
from shop.payments.transfers_back.sepa import end_to_end_of
from shop.payments.transfers_back.services import make_file, mark_sent, note_arrived
from shop.postings.verifying import faults_of_books
from shop.seller.models import ShopIdentity
from tests.constraints import broken, copy, run
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place
from tests.shop.merchants import staff
from tests.shop.payments.statements.files import camt, detail, entry, statement

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    return place(make_cart(EntryFactory()), email="alice@example.org")


@pytest.fixture
def merchant():
    return staff("shop.confirm_money")


def bring_in(content: bytes, *, account: str = "", actor=None) -> BankStatement:
    now = timezone.now()
    kept = keep_file(content=content, account=account, actor=actor or staff(), now=now)
    return import_file(statement_id=kept.pk, now=now)


def line_of(text: str, amount: str = "120.00", **more) -> StatementLine:
    bring_in(camt(statement(entry(amount, text=text, **more))))
    return StatementLine.objects.latest("pk")


def confirm(line: StatementLine, merchant, *shares):
    given = [(order.pk, Decimal(amount)) for order, amount in shares]
    return confirm_line(line_id=line.pk, shares=given, actor=merchant, now=timezone.now())


class TestImporting:
    def test_a_file_is_looked_at_before_anything_is_imported(self):
        content = camt(statement(entry(ref="1"), entry("20.00", ref="2", side="DBIT"), closing="1100.00"))
        kept = keep_file(content=content, account="", actor=staff(), now=timezone.now())

        seen = look(kept)

        assert (seen.new, seen.known, seen.came, seen.left) == (2, 0, Decimal(120), Decimal(-20))
        assert seen.balances[0].difference == 0
        assert not StatementLine.objects.exists()
        imported = import_file(statement_id=kept.pk, now=timezone.now())
        assert (imported.new_lines, imported.known_lines, imported.content) == (2, 0, None)
        assert imported.balances[0]["difference"] == "0.00"

    def test_the_same_file_and_the_same_lines_again_change_nothing(self):
        first, second, third = entry(ref="1"), entry(text="a"), entry(ref="3")
        bring_in(camt(statement(first, second)))
        with pytest.raises(StatementKnown):
            bring_in(camt(statement(first, second)))

        again = bring_in(camt(statement(first, second, third)))

        assert (again.new_lines, again.known_lines) == (1, 2)
        assert StatementLine.objects.count() == 3
        with pytest.raises(ImportedAlready):
            import_file(statement_id=again.pk, now=timezone.now())
        with pytest.raises(ImportedAlready):
            discard_file(statement_id=again.pk)

    def test_a_file_without_a_line_or_that_is_none_leaves_nothing(self):
        with pytest.raises(StatementWithoutLines):
            bring_in(camt(statement()))
        with pytest.raises(StatementRefused):
            bring_in(b"<?xml version='1.0'?><a/>")
        assert not StatementLine.objects.exists()

    def test_a_file_that_was_sent_twice_is_one_and_can_be_discarded(self):
        now = timezone.now()
        one, other = (keep_file(content=camt(statement(entry())), account="", actor=staff(), now=now) for _ in "12")
        assert one == other
        discard_file(statement_id=one.pk)
        assert not BankStatement.objects.exists()

    def test_until_it_is_imported_a_file_is_kept_encrypted(self):
        content = camt(statement(entry(text="Jeanne Été")))
        kept = keep_file(content=content, account="", actor=staff(), now=timezone.now())

        stored = bytes(BankStatement.objects.get().content)
        assert b"Jeanne" not in stored
        assert b"camt" not in stored
        assert file_of(BankStatement.objects.get()) == content

        import_file(statement_id=kept.pk, now=timezone.now())
        assert BankStatement.objects.get().content is None
        assert file_of(BankStatement.objects.get()) == b""

    def test_a_file_that_no_key_opens_is_sent_again(self, settings):
        content = camt(statement(entry()))
        kept = keep_file(content=content, account="", actor=staff(), now=timezone.now())
        settings.SECRET_KEY = "another " * 10
        kept.refresh_from_db()
        with pytest.raises(FileNotRead):
            look(kept)
        assert bring_in(content).new_lines == 1

    def test_a_file_kept_by_the_previous_release_is_read_as_it_is(self):
        content = camt(statement(entry()))
        kept = keep_file(content=content, account="", actor=staff(), now=timezone.now())
        BankStatement.objects.update(content=content)
        assert import_file(statement_id=kept.pk, now=timezone.now()).new_lines == 1

    def test_a_file_that_nobody_imported_is_forgotten(self):
        keep_file(content=b"Date;Montant\n", account="", actor=staff(), now=timezone.now() - timedelta(days=8))
        bring_in(camt(statement(entry())))
        BankStatement.objects.filter(imported_at__isnull=False).update(sent_at=timezone.now() - timedelta(days=30))

        assert TIDYINGS.get("statement_files").tidy(timezone.now() - timedelta(days=7), 10) == 1
        assert BankStatement.objects.get().file_format == "camt"

    def test_columns_are_said_once_for_a_bank_account(self):
        table = "A;B;C\n27/11/2026;120,00;{}\n"
        kept = keep_file(content=table.format("x").encode(), account="BANK", actor=staff(), now=timezone.now())
        with pytest.raises(ColumnsMissing):
            look(kept)
        say_columns(statement=kept, columns=Columns({"day": 0, "amount": 1, "text": 2}))
        import_file(statement_id=kept.pk, now=timezone.now())

        bring_in(table.format("y").encode(), account="BANK")

        assert BankColumns.objects.count() == 1
        assert {line.party.text for line in StatementLine.objects.all()} == {"x", "y"}


class TestProposals:
    def test_an_order_named_with_its_exact_amount_is_sure(self, order):
        [proposal] = proposals_for(line_of(f"Facture {order.number}"))

        assert proposal.is_sure
        assert [(share.order, share.amount) for share in proposal.shares] == [(order, Decimal(120))]

    def test_an_order_named_with_another_amount_is_not(self, order):
        [proposal] = proposals_for(line_of(order.number, "100.00"))

        assert not proposal.is_sure

    def test_several_orders_are_proposed_only_where_their_sum_is_exact(self, order):
        other = place(make_cart(EntryFactory()), email="bob@example.org")
        both = f"{order.number} et {other.number.replace('-', ' ')}"

        [proposal] = proposals_for(line_of(both, "240.00"))
        assert proposal.is_sure
        assert [share.order for share in proposal.shares] == [order, other]
        assert proposals_for(line_of(both, "239.00")) == []

    def test_without_a_number_the_amount_proposes_and_the_name_comes_first(self, order):
        other = place(make_cart(EntryFactory()), email="bob@example.org")
        Order.objects.filter(pk=order.pk).update(billing_name="Éts Durand")
        Order.objects.filter(pk=other.pk).update(billing_name="Maison Carrée")

        found = proposals_for(line_of("Merci", name="MAISON CARREE SARL"))

        assert [proposal.shares[0].order for proposal in found] == [other, order]
        assert not any(proposal.is_sure for proposal in found)

    def test_what_left_the_account_is_proposed_for_nothing_while_nothing_is_on_its_way_back(self, order):
        assert proposals_for(line_of(order.number, side="DBIT")) == []

    def test_a_mistyped_reference_is_proposed_and_is_not_sure(self, order):
        digits = reference_of(order.number).replace(" ", "")
        swapped = digits[:-2] + digits[-1] + digits[-2]
        swapped = swapped if swapped != digits else digits[:-1] + str((int(digits[-1]) + 1) % 10)

        found = proposals_for(line_of(f"VIR {swapped}"))

        assert [share.order for share in found[0].shares] == [order]
        assert (found[0].is_near, found[0].is_sure) == (True, False)
        assert len(found) == 1
        assert confirm_sure_lines(actor=staff("shop.confirm_money"), now=timezone.now(), at_most=10) == (0, 0)

    def test_a_mistyped_reference_with_another_amount_is_proposed_to_the_payer_alone(self, order):
        Order.objects.filter(pk=order.pk).update(billing_name="Maison Carrée")
        digits = reference_of(order.number).replace(" ", "")
        wrong = digits[:-1] + str((int(digits[-1]) + 1) % 10)

        assert proposals_for(line_of(wrong, "100.00", name="SOMEBODY ELSE")) == []
        [proposal] = proposals_for(line_of(wrong, "100.00", name="MAISON CARREE", ref="2"))

        assert proposal.is_near

    def test_the_orders_reference_with_its_check_digits_is_found_too(self, order):
        [proposal] = proposals_for(line_of(f"VIR {reference_of(order.number)} MERCI"))

        assert proposal.is_sure

    @pytest.mark.parametrize("typed", ["", "x", "1:2", "1:2.00;", "1:-2.00", "1:2.00," * 30])
    def test_other_texts_are_no_proposal(self, typed):
        assert shares_from(typed) is None


class TestDeciding:
    def test_a_confirmed_line_pays_its_order_and_the_money_is_at_the_bank(self, order, merchant):
        line = line_of(order.number)

        done = confirm(line, merchant, (order, "120.00"))

        order.refresh_from_db()
        line.refresh_from_db()
        assert (done.outcomes, done.waits) == (("settled",), False)
        assert (order.status, line.state, line.decided_by) == ("completed", "matched", merchant)
        assert balances_of_order(order.pk)[Account.BANK] == 12_000
        assert Account.IN_TRANSIT not in balances_of_order(order.pk)
        assert list(faults_of_books()) == []
        with pytest.raises(LineDecided):
            confirm(line, merchant, (order, "120.00"))

    def test_one_transfer_pays_several_orders(self, order, merchant):
        other = place(make_cart(EntryFactory()), email="bob@example.org")
        line = line_of("both", "240.00")

        confirm(line, merchant, (order, "120.00"), (other, "120.00"))

        assert set(Order.objects.values_list("status", flat=True)) == {"completed"}
        assert line.shares.count() == 2

    def test_amounts_that_do_not_make_the_line_are_refused(self, order, merchant):
        line = line_of("x")
        for shares in (((order, "119.00"),), ((order, "120.00"), (order, "120.00")), ()):
            with pytest.raises(SharesDiffer):
                confirm(line, merchant, *shares)
        assert not Payment.objects.exists()

    def test_money_confirmed_by_hand_before_is_not_recorded_twice(self, order, merchant):
        confirm_received(
            order_id=order.pk, amount=order.gross, reference="seen", actor=merchant, is_what_arrived=False,
            now=timezone.now(),
        )  # fmt: skip
        line = line_of(order.number)
        [proposal] = proposals_for(line)
        assert proposal.is_known

        confirm(line, merchant, (order, "120.00"))

        assert Payment.objects.count() == 1
        assert balance(Account.BANK, currency="EUR") == 120
        assert not proposals_for(line_of(order.number, ref="another"))[0].is_known

    def test_a_line_waits_while_a_second_person_is_asked(self, order, merchant, settings):
        settings.SECOND_PERSON_CONFIRM_ABOVE = Decimal(50)
        line = line_of(order.number)

        assert confirm(line, merchant, (order, "120.00")).waits

        line.refresh_from_db()
        assert line.state == "open"
        assert not Payment.objects.exists()

    def test_all_sure_lines_are_confirmed_and_no_other(self, order, merchant):
        other = place(make_cart(EntryFactory()), email="bob@example.org")
        bring_in(camt(statement(entry(text=order.number), entry("100.00", text=other.number), entry(text="nothing"))))

        assert confirm_sure_lines(actor=merchant, now=timezone.now(), at_most=10) == (1, 0)

        assert StatementLine.objects.filter(state="open").count() == 2

    def test_lines_that_wait_keep_no_later_one_from_its_turn(self, order, merchant, settings):
        settings.SECOND_PERSON_CONFIRM_ABOVE = Decimal(110)
        other = place(make_cart(EntryFactory()), email="bob@example.org")
        amount = str(other.gross - 20)
        plan_payments(
            order_id=other.pk,
            parts=[Part(Decimal(amount), None), Part(Decimal(20), local_day(timezone.now()))],
            actor=merchant,
            now=timezone.now(),
        )
        bring_in(camt(statement(entry(text=order.number), entry(amount, text=other.number, day="2026-11-28"))))

        assert confirm_sure_lines(actor=merchant, now=timezone.now(), at_most=1) == (1, 1)

        assert StatementLine.objects.get(state="open").booked_on.day == 27

    def test_a_payout_moves_what_a_provider_held_to_the_bank(self, merchant):
        note_payout(line_id=line_of("STRIPE").pk, provider="sandbox", actor=merchant, now=timezone.now())

        assert balance(Account.IN_TRANSIT, currency="EUR", part="sandbox") == -120
        assert balance(Account.BANK, currency="EUR") == 120

    def test_money_of_nobody_is_kept_in_sight(self, merchant):
        keep_line(line_id=line_of("who?").pk, actor=merchant, now=timezone.now())

        event = PaymentEvent.objects.needing_attention().get()
        assert (event.outcome, event.amount) == ("unknown_order", 120)
        assert balance(Account.UNALLOCATED, currency="EUR") == -120
        assert list(faults_of_books()) == []

    def test_a_line_is_set_aside_with_its_reason(self, merchant):
        line = line_of("fees", side="DBIT")
        for decide in (keep_line, lambda **how: note_payout(provider="sandbox", **how)):
            with pytest.raises(NoMoneyCame):
                decide(line_id=line.pk, actor=merchant, now=timezone.now())
        with pytest.raises(WhyMissing):
            set_aside(line_id=line.pk, note=" ", actor=merchant, now=timezone.now())
        set_aside(line_id=line.pk, note="Fees of the bank", actor=merchant, now=timezone.now())

        line.refresh_from_db()
        assert (line.state, line.note) == ("set_aside", "Fees of the bank")


class TestMoneyThatLeft:
    @pytest.fixture
    def paid_back(self, order, merchant):
        """Return an order that was paid, given back, and noted as paid back by transfer."""
        now = timezone.now()
        confirm(line_of(order.number, ref="in"), merchant, (order, "120.00"))
        line = order.lines.get()
        give_units_back(order_id=order.pk, units={line.pk: range(line.quantity)}, actor=merchant, reason="Off", now=now)
        mark_paid_back(
            order_id=order.pk, amount=Decimal(120), paid_on=local_day(now), reference="VIR 1", actor=merchant, now=now
        )
        return order

    def left(self, text: str, amount: str = "120.00") -> StatementLine:
        return line_of(text, amount, side="DBIT", ref=f"out {StatementLine.objects.count()}")

    def refund(self, line, order, merchant):
        confirm_paid_back(line_id=line.pk, order_id=order.pk, actor=merchant, now=timezone.now())

    def test_a_refund_sent_by_transfer_is_proposed_surely_by_the_orders_number(self, paid_back):
        line = self.left(f"Remboursement {paid_back.number}")
        assert sent_for(line) == [Sent(None, paid_back, is_sure=True)]
        assert proposals_for(line) == []

        assert sent_for(self.left("Remboursement")) == [Sent(None, paid_back, is_sure=False)]
        assert sent_for(self.left(paid_back.number, "119.00")) == []

    def test_it_has_left_the_bank_once(self, paid_back, merchant):
        line, again = self.left(paid_back.number), self.left(paid_back.number)

        self.refund(line, paid_back, merchant)

        line.refresh_from_db()
        assert (line.state, line.shares.get().order) == ("refund", paid_back)
        assert balances_of_order(paid_back.pk) == {}
        assert list(faults_of_books()) == []
        assert sent_for(again) == []
        with pytest.raises(NothingOnItsWay):
            self.refund(again, paid_back, merchant)
        with pytest.raises(LineDecided):
            self.refund(line, paid_back, merchant)

    @pytest.fixture
    def transfer(self, order, merchant):
        """Return a refund by transfer whose file was given to the bank."""
        now = timezone.now()
        confirm(line_of(order.number, ref="in"), merchant, (order, "120.00"))
        line = order.lines.get()
        give_units_back(order_id=order.pk, units={line.pk: range(line.quantity)}, actor=merchant, reason="Off", now=now)
        payee = keep_account(holder="Alice", iban="FR7630006000011234567890189", order=order, actor=merchant, now=now)
        ShopIdentity.objects.update_or_create(pk=1, defaults={"name": "Academy", "iban": "FR7630006000011234567890189"})
        send_back(
            order_id=order.pk, owed=Decimal(120), how=How.TRANSFER, payee=payee, actor=merchant, now=now
        )  # fmt: skip
        refund = Refund.objects.get()
        file = make_file(refund_ids=[refund.pk], execute_on=local_day(now), actor=merchant, now=now)
        mark_sent(file_id=file.pk, actor=merchant, now=now)
        return refund

    def test_sure_refunds_are_confirmed_with_the_sure_lines(self, paid_back, merchant):
        line, other = self.left(f"Remboursement {paid_back.number}"), self.left("Loyer")

        assert confirm_sure_lines(actor=merchant, now=timezone.now(), at_most=10) == (1, 0)

        line.refresh_from_db()
        other.refresh_from_db()
        assert (line.state, other.state) == ("refund", "open")
        assert balances_of_order(paid_back.pk) == {}

    def test_a_transfer_named_is_confirmed_with_the_sure_lines(self, transfer, merchant):
        line = self.left(f"SEPA {end_to_end_of(transfer)}")

        assert confirm_sure_lines(actor=merchant, now=timezone.now(), at_most=10) == (1, 0)

        line.refresh_from_db()
        assert (line.state, line.refund) == ("refund", transfer)

    def arrived(self, line, refund, merchant):
        confirm_transfer(line_id=line.pk, refund_id=refund.pk, actor=merchant, now=timezone.now())

    def test_a_transfer_is_shown_by_its_reference_and_reaches_its_end_once(self, order, transfer, merchant):
        line, again = self.left(f"SEPA {end_to_end_of(transfer)}"), self.left("Remboursement")
        assert sent_for(line) == [Sent(transfer, order, is_sure=True)]
        assert sent_for(again) == [Sent(transfer, order, is_sure=False)]

        self.arrived(line, transfer, merchant)

        transfer.refresh_from_db()
        line.refresh_from_db()
        assert (transfer.state, line.state, line.refund, line.shares.get().order) == ("done", "refund", transfer, order)
        assert balances_of_order(order.pk) == {}
        assert list(faults_of_books()) == []
        assert sent_for(again) == []
        with pytest.raises(NothingOnItsWay):
            self.arrived(again, transfer, merchant)

    def test_a_transfer_noted_as_arrived_before_is_the_same_money(self, order, transfer, merchant):
        note_arrived(refund_id=transfer.pk, now=timezone.now())
        line = self.left(end_to_end_of(transfer))
        assert sent_for(line) == [Sent(transfer, order, is_sure=True, is_known=True)]

        self.arrived(line, transfer, merchant)

        assert balances_of_order(order.pk) == {}
        assert list(faults_of_books()) == []

    def test_a_provider_s_refund_under_way_is_no_transfer(self, order, transfer):
        Refund.objects.update(way="provider", file=None, payee=None)

        assert sent_for(self.left(order.number)) == []

    def test_money_that_came_or_an_order_without_a_refund_is_refused(self, order, merchant):
        with pytest.raises(MoneyCame):
            self.refund(line_of(order.number), order, merchant)
        with pytest.raises(NothingOnItsWay):
            self.refund(self.left(order.number), order, merchant)
        assert not LedgerEntry.objects.exists()

    def test_a_fee_of_the_bank_is_in_the_books_and_so_is_one_given_back(self, merchant):
        note_fee(line_id=self.left("FRAIS", "12.50").pk, actor=merchant, now=timezone.now())
        note_fee(line_id=line_of("EXTOURNE FRAIS", "2.50").pk, actor=merchant, now=timezone.now())

        assert balance(Account.FEES, currency="EUR", part="bank") == 10
        assert balance(Account.BANK, currency="EUR") == -10
        assert set(StatementLine.objects.values_list("state", flat=True)) == {"fee"}


def test_the_other_party_is_encrypted_at_rest():
    line = line_of("Alice Durand 42", name="ALICE DURAND")

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM shop_statementline")
        row = str(cursor.fetchall())
    assert "durand" not in row.casefold()
    assert "FR7630001007941234567890185" not in row
    assert StatementLine.objects.get(pk=line.pk).party == Party(
        "ALICE DURAND", "FR7630001007941234567890185", "Alice Durand 42"
    )


def test_lines_that_no_present_key_opens_are_told_as_such(settings):
    line_of("Alice")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "x" * 60, []

    with translation.override("en"):
        assert StatementLine.objects.get().party.text == "Cannot be read with the present keys."


def test_the_database_refuses_a_refund_on_a_line_that_shows_none(order, merchant):
    line = line_of("x")
    refund = Refund.objects.create(
        order=order, way="outside", state="done", amount=1, currency="EUR", asked_at=timezone.now(),
        done_at=timezone.now(), asked_by=merchant,
    )  # fmt: skip
    with broken("shop_statementline_shows_a_refund"):
        run(f"UPDATE shop_statementline SET refund_id = {refund.pk} WHERE id = {line.pk}")


def test_the_database_shows_a_refund_by_one_line(order, merchant):
    refund = Refund.objects.create(
        order=order, way="outside", state="done", amount=1, currency="EUR", asked_at=timezone.now(),
        done_at=timezone.now(), asked_by=merchant,
    )  # fmt: skip
    for number in "12":
        line_of("x", side="DBIT", ref=number)
    with broken("shop_statementline_refund_id_key"):
        run(
            f"UPDATE shop_statementline SET refund_id = {refund.pk}, state = 'refund', decided_at = now(),"
            f" decided_by_id = {merchant.pk}"
        )


def test_the_database_refuses_rows_that_cannot_be(order, merchant):
    line = line_of(order.number)
    confirm(line, merchant, (order, "120.00"))
    share = line.shares.get()
    with broken("shop_bankstatement_once"):
        copy("shop_bankstatement", line.statement_id)
    with broken("shop_bankstatement_content_until_imported"):
        run("UPDATE shop_bankstatement SET content = 'x'")
    with broken("shop_statementline_once"):
        copy("shop_statementline", line.pk)
    for constraint, change in {
        broken("shop_statementline_not_zero"): "amount = 0, state = 'set_aside', note = 'x'",
        broken("shop_statementline_currency"): "currency = 'eur'",
        broken("shop_statementline_state_known"): "state = 'lost'",
        broken("shop_statementline_decided_by_somebody"): "decided_by_id = NULL",
        broken("shop_statementline_money_that_came"): "amount = -1",
        broken("shop_statementline_refund_left"): "state = 'refund'",
        broken("shop_statementline_payout_of_a_provider"): "provider = 'sandbox'",
        broken("shop_statementline_reason_given"): "state = 'set_aside'",
    }.items():
        with constraint:
            run(f"UPDATE shop_statementline SET {change}")
    with broken("shop_lineshare_once"):
        copy("shop_lineshare", share.pk)
    with broken("shop_lineshare_amount"):
        run("UPDATE shop_lineshare SET amount = 0")
    BankColumns.objects.create(account="A", headings="b", columns={})
    with broken("shop_bankcolumns_once"):
        copy("shop_bankcolumns", BankColumns.objects.get().pk)


def test_looking_costs_as_many_queries_for_many_lines_as_for_few(django_assert_max_num_queries):
    content = camt(statement(*(entry(ref=str(number), details=detail(text="x")) for number in range(900))))
    kept = keep_file(content=content, account="", actor=staff(), now=timezone.now())

    with django_assert_max_num_queries(12):
        import_file(statement_id=kept.pk, now=timezone.now())
