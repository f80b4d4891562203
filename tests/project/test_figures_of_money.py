"""Figures of money are sums over the ledger: no other code sums amounts in the database, but for reasons given here."""

from __future__ import annotations

import re

from tests.servers import PROJECT

SUMS = re.compile(
    r"""\b(?:Sum|Avg)\(\s*["'](?:\w+__)*(?:amount|gross|net|tax|worth)["']|\bsum\((?:\w+\.)?(?:amount|gross)\)"""
)
FLOORS = (
    "project",
    "shop",
    "catalog",
    "handlers",
    "enrolments",
    "billing",
    "documents",
    "accounts",
    "outbox",
    "common",
)
# File: why its sums are not figures, or are the ledger's own.
REASONS = {
    "billing/closures/sums.py": "The ledger.",
    "billing/journal/entries.py": "The ledger.",
    "billing/journal/vat.py": "The ledger.",
    "billing/ledger/moving.py": "The ledger.",
    "billing/ledger/selectors.py": "The ledger.",
    "billing/ledger/verifying.py": "The ledger.",
    "shop/postings/admin.py": "The ledger.",
    "shop/postings/of_order.py": "The ledger.",
    "shop/postings/sources.py": "Rows that become entries.",
    "shop/postings/verifying.py": "Rows that are compared with the ledger.",
    "shop/postings/verifying_documents.py": "The ledger, compared with documents.",
    "shop/orders/figures.py": "Totals of orders that wait for money: nothing of them is in the books.",
    "shop/orders/giving_back/paying_back.py": "Rows that are noted as paid back, under their order's lock.",
    "shop/orders/giving_back/worth.py": "The part of one line that has not gone back, under its order's lock.",
    "shop/payments/refunds/unallocated.py": "The part of one payment that its provider still holds, under its lock.",
    "shop/payments/refunds/sending.py": "Refunds of each payment: how much its provider still holds, under its lock.",
    "shop/payments/rest.py": "The part of one payment that nothing has happened to, under its lock.",
    "shop/payments/charge_backs/services.py": "The part of one payment that its bank may still take, under its lock.",
    "shop/payments/charge_backs/selectors.py": "The part that a bank took of what one order had got: the rows posted.",
    "shop/payments/requests/rests.py": "What each request has received: the rows posted.",
    "shop/payments/requests/links.py": "What each request has received: the rows posted.",
    "shop/payments/requests/selectors.py": "The part that a bank took of each payment: the rows posted.",
    "shop/orders/mail_kinds.py": "The part that a bank took of what one order had got: the row posted.",
    "shop/payments/attention.py": "How much of one payment is unallocated yet, under its lock.",
    "shop/payments/on_account/services.py": "What an account owes beside its limit, under the account’s lock.",
    "shop/payments/requests/using.py": "How much of one payment was given to requests, under its lock.",
    "shop/payments/requests/asked.py": "Payments given to requests: who is asked for how much, under the order's lock.",
    "shop/payments/requests/services.py": "Payments given to requests, under the order's lock.",
    "shop/payments/statements/refunds.py": "The ledger, less refunds that providers have not carried out.",
    "shop/orders/admin/story.py": "Amounts of units given back in one act: the rows, as they were written.",
    "shop/papers/credit_notes/rests.py": "What each invoice still invoices of each line, under the order's lock.",
    "shop/papers/lines.py": "What documents invoice of each line, under the order's lock.",
    "shop/papers/selectors.py": "What documents invoice of each line: the rows, as they were written.",
    "accounts/second_person/services.py": "Acts of one person within a day: a limit.",
}


def test_nothing_but_the_ledger_is_summed():
    found = {
        str(path.relative_to(PROJECT))
        for floor in FLOORS
        for path in (PROJECT / floor).rglob("*.py")
        if "migrations" not in path.parts and SUMS.search(path.read_text())
    }

    assert found - set(REASONS) == set()
