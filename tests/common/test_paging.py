"""All rows, so many at a time."""

import pytest

from accounts.people.models import User
from common.paging import chunks
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """Return five people; two of them have one name."""
    return [UserFactory(first_name="", last_name=name) for name in ("Cee", "Bee", "Ann", "Bee", "Dee")]


def read(*, size, by=""):
    return [[person.last_name for person in chunk] for chunk in chunks(User.objects.all(), size=size, by=by)]


def test_rows_come_by_their_key_the_newest_first(people):
    assert read(size=2) == [["Dee", "Bee"], ["Ann", "Bee"], ["Cee"]]
    assert read(size=5) == [["Dee", "Bee", "Ann", "Bee", "Cee"]]


def test_rows_come_by_a_column_and_equals_by_their_key(people):
    found = [person.pk for chunk in chunks(User.objects.all(), size=2, by="last_name") for person in chunk]
    assert found == [people[number].pk for number in (2, 1, 3, 0, 4)]


def test_nothing_comes_of_no_rows():
    assert read(size=2) == []


@pytest.mark.parametrize("by", ["", "last_name"])
def test_a_row_that_goes_meanwhile_makes_none_come_twice(people, by):
    found = []
    for chunk in chunks(User.objects.all(), size=2, by=by):
        found += chunk
        User.objects.filter(pk=chunk[-1].pk).delete()
    assert len(found) == len({person.pk for person in found}) == 5
