"""At the same moment.

Processes issue documents of one series, and some of them are killed.
"""

import os
import signal
from functools import partial

import pytest
from django.db import transaction

from documents.issued import services
from documents.issued.models import Document
from documents.series.models import Series
from outbox.jobs.models import Job
from tests.documents.given import issued, plain_template
from tests.rivals.processes import Rival, errors_among, no_row_locks, race, values_among

PROCESSES = 8
# Each has its number, and no row that bears it.
COUNTED = [(services, "insert_row")]


@pytest.fixture(autouse=True)
def template():
    with plain_template():
        yield


def issue_one(fact: str) -> str:
    return issued(fact).number


def issue_and_die(fact: str) -> None:
    """Issue a document in a transaction that the process does not live to commit."""
    with transaction.atomic():
        issued(fact)
        os.kill(os.getpid(), signal.SIGKILL)


def numbers() -> list[str]:
    return list(Document.objects.order_by("position").values_list("number", flat=True))


def in_a_row(count: int) -> list[str]:
    return [f"F2026-{number:05}" for number in range(1, count + 1)]


def test_every_number_is_given_once_and_none_left_out():
    answers = race(*(partial(issue_one, f"invoice:{each}") for each in range(PROCESSES)), before=COUNTED)

    assert errors_among(answers) == []
    assert sorted(values_among(answers)) == numbers() == in_a_row(PROCESSES)


def test_whoever_is_killed_leaves_no_gap():
    rivals = [Rival(partial(issue_and_die if each % 2 else issue_one, f"invoice:{each}")) for each in range(PROCESSES)]
    answers = race(*rivals, before=COUNTED)

    assert errors_among(answers) == ["Died"] * (PROCESSES // 2)
    assert numbers() == in_a_row(PROCESSES // 2)
    assert Series.objects.get().last == PROCESSES // 2
    assert Job.objects.count() == PROCESSES // 2


def test_one_fact_has_one_document():
    answers = race(*[partial(issue_one, "invoice:1")] * PROCESSES, before=COUNTED)

    assert errors_among(answers) == []
    assert set(values_among(answers)) == {"F2026-00001"}
    assert numbers() == in_a_row(1)


def test_control_without_the_lock_the_database_refuses_the_number_of_another():
    issued("invoice:0")

    answers = race(*(partial(issue_one, f"invoice:{each}") for each in (1, 2)), before=COUNTED, without=no_row_locks)

    assert errors_among(answers) == ["IntegrityError"]
    assert numbers() == in_a_row(2)
