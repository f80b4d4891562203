"""Raw SQL cannot make join links untrue."""

import pytest

from tests.constraints import broken, run
from tests.enrolments.given import given_pack
from tests.enrolments.joining.given import code, given_link, joins
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def link():
    """Two printed codes, the first of them used."""
    seat = given_pack(CustomerAccountFactory(), seats=2)[0]
    made = given_link(seat.batch, UserFactory(), course=CourseFactory(), places=2, has_codes=True)
    joins(code(made, 1), "ada@example.org")
    return made


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("batch_id = NULL", broken("enrolments_joinlink_source")),
        ("places = 0", broken("enrolments_joinlink_places")),
        ("places = 501", broken("enrolments_joinlink_places")),
        ("token_hash = 'x'", broken("enrolments_joinlink_token")),
        ("has_codes = false", broken("enrolments_joinlink_token")),
        ("ends_at = created_at", broken("enrolments_joinlink_ends_later")),
        ("revoked_at = now()", broken("enrolments_joinlink_revoked_by")),
    ],
)
def test_a_link_leads_to_seats_in_a_time(link, change, refusal):
    with refusal:
        run(f"UPDATE enrolments_joinlink SET {change}")


def test_a_token_opens_one_link(link):
    batch, bob = link.batch, link.maker
    run("DELETE FROM enrolments_joinuse")
    first, other = (given_link(batch, bob, course=link.course) for _number in range(2))

    with broken("enrolments_joinlink_token_once"):
        run("UPDATE enrolments_joinlink SET token_hash = %s WHERE id = %s", first.token_hash, other.pk)


def test_a_code_has_a_number_of_its_own(link):
    with broken("enrolments_joincode_number"):
        run("UPDATE enrolments_joincode SET number = 1")
    with broken("enrolments_joincode_code_hash_key"):
        run("UPDATE enrolments_joincode SET code_hash = 'one'")
    with broken("enrolments_joincode_number_from_one"):
        run("UPDATE enrolments_joincode SET number = 0 WHERE number = 2")


def test_whoever_withdrew_a_code_is_known(link):
    with broken("enrolments_joincode_revoked_by"):
        run("UPDATE enrolments_joincode SET revoked_at = now()")


def test_a_code_is_used_once(link):
    joins(code(link, 2), "eve@example.org")

    with broken("enrolments_joinuse_once"):
        run("UPDATE enrolments_joinuse SET number = 1")
    with broken("enrolments_joinuse_number_from_one"):
        run("UPDATE enrolments_joinuse SET number = 0 WHERE number = 2")
