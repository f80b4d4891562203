"""The chain of seals: every entry once, in one order, and any change is found."""

from __future__ import annotations

import pytest

from billing.ledger import sealing
from billing.ledger.models import LedgerEntry, LedgerSeal, UnsealedEntry
from billing.ledger.sealing import seal_batch
from billing.ledger.services import post
from billing.ledger.tasks import seal_entries
from billing.ledger.verifying import faults_of_ledger
from tests.billing.test_ledger import money_in
from tests.constraints import broken, run

pytestmark = pytest.mark.django_db


def post_some(count: int, first: int = 1) -> None:
    post([money_in(f"money_in:{number}") for number in range(first, first + count)])


def by_owner_of_the_tables(*statements: str) -> None:
    """Change what the triggers keep, as only the owner of the tables can."""
    run("SET LOCAL session_replication_role = replica")
    for statement in statements:
        run(statement)
    run("SET LOCAL session_replication_role = origin")


def test_every_entry_is_sealed_once_in_the_order_of_its_key(monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 2)
    post_some(5)

    assert seal_entries() == 5
    assert seal_entries() == 0

    sealed = list(LedgerSeal.objects.values_list("position", "entry"))
    assert [position for position, _entry in sealed] == [1, 2, 3, 4, 5]
    assert [entry for _position, entry in sealed] == sorted(LedgerEntry.objects.values_list("pk", flat=True))
    assert not UnsealedEntry.objects.exists()
    assert list(faults_of_ledger()) == []


def test_the_first_digest_is_made_over_32_zero_bytes_in_every_release():
    post_some(1)
    seal_entries()

    [(entry, lines)] = sealing.with_lines(LedgerEntry.objects.all())
    assert bytes(LedgerSeal.objects.get().digest) == sealing.digest_of(entry, lines, before=b"\0" * 32)


def test_an_entry_that_was_committed_late_is_sealed_after_later_ones():
    post_some(2)
    first, second = LedgerEntry.objects.order_by("pk")
    UnsealedEntry.objects.filter(pk=first.pk).delete()  # not yet seen by the first round
    assert seal_batch() == 1
    UnsealedEntry.objects.create(entry=first)
    assert seal_batch() == 1

    assert list(LedgerSeal.objects.values_list("entry", flat=True)) == [second.pk, first.pk]
    assert list(faults_of_ledger()) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE billing_ledgerline SET amount = amount * 2", "is not what was sealed"),
        ("UPDATE billing_ledgerentry SET posted_on = '2020-01-01' WHERE fact = 'money_in:2'", "is not what was sealed"),
        ("UPDATE billing_ledgerline SET customer_id = 99 WHERE amount < 0", "is not what was sealed"),
        ("DELETE FROM billing_ledgerseal WHERE position = 2", "a gap before position 3"),
        ("UPDATE billing_ledgerline SET amount = amount + 1 WHERE amount > 0", "does not sum to zero"),
        ("DELETE FROM billing_ledgerline", "has no lines"),
        (
            "INSERT INTO billing_ledgerentry (fact, kind, posted_on, at, currency)"
            " VALUES ('slipped in', 'sale', now(), now(), 'EUR')",
            "without being posted",
        ),
    ],
)
def test_whatever_is_changed_behind_the_triggers_is_found(change, told):
    post_some(3)
    seal_batch()
    by_owner_of_the_tables(change)

    assert any(told in fault for fault in faults_of_ledger())


def test_an_entry_that_waits_for_its_seal_is_told_after_an_hour():
    post_some(1)
    assert list(faults_of_ledger()) == []
    by_owner_of_the_tables("UPDATE billing_ledgerentry SET recorded_at = now() - interval '2 hours'")

    assert list(faults_of_ledger()) == ["1 entries have waited for their seal for more than an hour."]


def test_the_chain_has_no_gap_and_is_never_changed():
    post_some(2)
    first = LedgerEntry.objects.earliest("pk")
    insert = "INSERT INTO billing_ledgerseal (position, entry_id, digest) VALUES (%s, %s, '')"
    with broken("billing_ledgerseal_without_a_gap"):
        run(insert, 2, first.pk)
    with broken("billing_ledgerseal_position"):
        run(insert, 0, first.pk)
    seal_batch()
    run("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come is not truncated
    with broken("billing_ledgerseal_entry_id_key"):
        run(insert, 3, first.pk)
    with broken("billing_ledgerseal_append_only"):
        run("UPDATE billing_ledgerseal SET sealed_at = now()")
    with broken("billing_ledgerseal_append_only"):
        run("DELETE FROM billing_ledgerseal")
    with broken("billing_ledgerseal_append_only"):
        run("TRUNCATE billing_ledgerseal")
