"""Sizes of a run: numbers of rows made and of repetitions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    entries: int  # in the catalogue
    seats_sold: int  # in the shop that has sold much
    seats_few: int  # of the operator who has few
    people_many: int  # of the operator who has many
    people_few: int
    orders_sold: int  # in the shop that has sold much
    orders_few: int  # in the small shop
    seats_an_order: int
    people_a_session: int
    people_a_list: int
    people_a_long_list: int
    rounds: int
    page_seconds: float  # seconds for which a page is requested in each round
    purchases: int  # of each handler
    worker_processes: tuple[int, ...]
    orders_a_worker_run: int
    deliveries: int  # of ten seats, one after another
    mails_due: int
    ledger_entries: int  # of one day
    statement_lines: int
    attempts: int  # payments open at providers


FULL = Sizes(
    entries=1_000,
    seats_sold=1_000_000,
    seats_few=1_000,
    people_many=100_000,
    people_few=100,
    orders_sold=300_000,
    orders_few=2_000,
    seats_an_order=10_000,
    people_a_session=100,
    people_a_list=1_000,
    people_a_long_list=5_000,
    rounds=7,
    page_seconds=1.0,
    purchases=15,
    worker_processes=(1, 2, 4),
    orders_a_worker_run=150,
    deliveries=30,
    mails_due=50_000,
    ledger_entries=100_000,
    statement_lines=10_000,
    attempts=10_000,
)

# For the test that the benchmark itself works: its figures say nothing.
TINY = Sizes(
    entries=30,
    seats_sold=500,
    seats_few=50,
    people_many=200,
    people_few=20,
    orders_sold=400,
    orders_few=200,
    seats_an_order=20,
    people_a_session=3,
    people_a_list=3,
    people_a_long_list=5,
    rounds=1,
    page_seconds=0.05,
    purchases=1,
    worker_processes=(1,),
    orders_a_worker_run=3,
    deliveries=1,
    mails_due=20,
    ledger_entries=200,
    statement_lines=200,
    attempts=200,
)
