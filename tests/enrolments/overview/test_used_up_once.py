"""Constraints of what was told of seats nearly used up, each broken by raw SQL."""

import pytest

from tests.constraints import broken, run
from tests.enrolments.given import given_pack
from tests.factories.accounts import CustomerAccountFactory

pytestmark = pytest.mark.django_db

TELL = "INSERT INTO enrolments_usedup (batch_id, percent) VALUES (%s, %s)"


@pytest.fixture
def batch_id():
    return given_pack(CustomerAccountFactory())[0].batch_id


def test_a_threshold_is_told_once_for_a_batch(batch_id):
    run(TELL, batch_id, 80)

    with broken("enrolments_usedup_once"):
        run(TELL, batch_id, 80)


def test_there_are_two_thresholds(batch_id):
    with broken("enrolments_usedup_percent"):
        run(TELL, batch_id, 90)
