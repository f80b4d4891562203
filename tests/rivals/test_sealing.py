"""At the same moment.

Two workers seal the ledger.
"""

from billing.ledger import sealing
from billing.ledger.models import LedgerSeal
from billing.ledger.sealing import seal_batch
from billing.ledger.tasks import seal_entries
from billing.ledger.verifying import faults_of_ledger
from tests.billing.test_chain import post_some
from tests.rivals.processes import errors_among, race, values_among

# Each has read where the chain ends; sealing comes next.
ABOUT_TO_SEAL = [(sealing, "with_lines")]


def test_make_one_chain():
    post_some(20)

    answers = race(seal_batch, seal_batch, before=ABOUT_TO_SEAL)

    assert errors_among(answers) == []
    assert sorted(values_among(answers)) == [0, 20]
    assert seal_entries() == 0
    assert LedgerSeal.objects.count() == 20
    assert list(faults_of_ledger()) == []


def everybody_alone() -> None:
    sealing._alone = lambda: True


def test_control_without_the_lock_one_of_them_fails():
    post_some(20)

    assert errors_among(race(seal_batch, seal_batch, before=ABOUT_TO_SEAL, without=everybody_alone)) == [
        "IntegrityError"
    ]
