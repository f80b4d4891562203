"""The registry of personal data: records in words, and blanking in small transactions that find nothing twice."""

from __future__ import annotations

import pytest
from django.utils import timezone
from django.utils.translation import override

from accounts.members.models import Membership
from accounts.people.models import User
from common.personal_data import HOLDINGS, Holding, Kept, Person, Value, blank_next, is_waiting, kept, records
from tests.factories.accounts import MembershipFactory, UserFactory

NOW = timezone.now()
ALICE = Person(key=1, emails=frozenset({"alice@example.org"}))


def holding(**changes) -> Holding:
    usual = {"name": "users", "label": "You", "columns": {}, "describe": lambda person: (), "blank": lambda *_: 0}
    return Holding(**usual | changes)


@pytest.mark.django_db
def test_records_are_values_with_the_names_of_their_columns_and_without_empty_ones():
    UserFactory(email="alice@example.org", first_name="Alice", last_name="")

    with override("en"):
        found = list(records(User.objects.all(), "email", "first_name", "last_name"))

    assert found == [
        (
            Value(name="email", label="E-mail address", value="alice@example.org"),
            Value(name="first_name", label="First name", value="Alice"),
        )
    ]


@pytest.mark.django_db
def test_the_name_of_a_related_row_is_called_like_the_relation_and_a_choice_is_in_words():
    member = MembershipFactory(account__name="Ateliers Roy", account__kind="person")
    rows = Membership.objects.filter(pk=member.pk)

    with override("en"):
        [found] = records(rows, "account__name", "account__kind")

    assert [(each.name, each.label, each.value) for each in found] == [
        ("account__name", "Customer account", "Ateliers Roy"),
        ("account__kind", "Kind", "Private person"),
    ]


@pytest.mark.django_db
def test_blanking_goes_on_in_batches_until_nothing_is_found():
    keys = [UserFactory().pk for _ in range(5)]
    batches = []

    def blank(person, now, limit):
        found = User.objects.filter(pk__in=keys).exclude(last_name="gone").order_by("pk").values("pk")[:limit]
        batches.append(User.objects.filter(pk__in=found).update(last_name="gone"))
        return batches[-1]

    with HOLDINGS.emptied():
        HOLDINGS.register("nothing", holding(columns={"a": ()}))
        HOLDINGS.register("users", holding(blank=blank))
        steps = [blank_next(ALICE, NOW, at=at, limit=2) for at in (0, 1, 1, 1)]
    assert (steps, batches) == ([(1, 2), (1, 2), (1, 1), None], [2, 2, 1, 0])


def test_only_what_there_is_is_told_as_kept():
    papers = Kept(what="Paid orders", why="The law keeps them ten years.", count=2)
    with HOLDINGS.emptied():
        HOLDINGS.register("a", holding(keeps=lambda person, now: [papers]))
        HOLDINGS.register("b", holding(keeps=lambda person, now: [Kept(what="Nothing", why="", count=0)]))
        assert kept(ALICE, NOW) == [papers]


def test_one_holding_that_waits_makes_an_erasure_wait():
    with HOLDINGS.emptied():
        HOLDINGS.register("a", holding())
        assert not is_waiting(ALICE)
        HOLDINGS.register("b", holding(waits=lambda person: person == ALICE))
        assert is_waiting(ALICE)
