"""Moves of seats in the history of their account."""

import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from accounts.members.history.services import note_download
from accounts.members.history.sources import Asked, Cursor, history_of
from enrolments.seats.deeds import moves_of_seats
from enrolments.seats.enter import enter_course
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import SeatState
from enrolments.seats.release import release_seat
from tests.enrolments.given import NOW, assign, days, given_pack
from tests.enrolments.lists.given import given_list, people
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def olga(account):
    roles = {"is_owner": False, "is_operator": True}
    return MembershipFactory(account=account, user__first_name="Olga", user__last_name="Roy", **roles).user


def told(account, **asked):
    with override("en"):
        return [(deed.text, deed.actor_id) for deed in moves_of_seats(account, Asked(50, **asked))]


def placed(account, olga, course, email="bob@example.org", **how):
    [seat] = given_pack(account)
    return seat, assign(seat, course, email, olga, **how)


def test_placing_and_freeing_are_told_with_the_name_as_typed(account, olga):
    course = CourseFactory(name_en="Safety")
    seat, _assigned = placed(account, olga, course)
    release_seat(account=account, seat_id=seat.pk, actor=olga, now=NOW + days(1))
    seat, _assigned = placed(account, olga, course, now=NOW + days(2))
    release_seat(account=account, seat_id=seat.pk, actor=olga, reason="Moved away", now=NOW + days(3))

    assert told(account) == [
        ("Freed the seat of Camille Durand (Moved away)", olga.pk),
        ("Placed Camille Durand in “Safety”", olga.pk),
        ("Freed the seat of Camille Durand", olga.pk),
        ("Placed Camille Durand in “Safety”", olga.pk),
    ]
    [first, *_rest] = moves_of_seats(account, Asked(1))
    assert (first.at, first.url) == (NOW + days(3), reverse("account-seat", args=[account.pk, seat.pk]))


def test_purchases_entries_and_other_accounts_are_left_out(account, olga):
    course = CourseFactory()
    _seat, assigned = placed(account, olga, course)
    enter_course(user=assigned.user, course=course, now=NOW + days(1))
    other = CustomerAccountFactory()
    assign(given_pack(other)[0], course, "eve@example.org", MembershipFactory(account=other).user)

    assert len(told(account)) == 1


def many_at_once(account, olga, number, at=NOW):
    """Move `number` seats in one statement, as a list of people does."""
    seats = given_pack(account, seats=number)
    SeatEvent.objects.bulk_create(
        [
            SeatEvent(
                seat=seat, account=account, at=at, actor=olga, from_state="assigned", to_state=SeatState.AVAILABLE,
                reason="released",
            )
            for seat in seats
        ]
    )  # fmt: skip


def test_what_was_moved_together_is_one_line(account, olga):
    many_at_once(account, olga, 12)

    assert told(account) == [("Freed 12 seats", olga.pk)]
    assert [deed.url for deed in moves_of_seats(account, Asked(5))] == [""]


def test_only_the_acts_of_one_member_are_found(account, olga):
    peter = MembershipFactory(account=account).user
    many_at_once(account, olga, 2)
    many_at_once(account, peter, 3)

    assert told(account, actor_id=peter.pk) == [("Freed 3 seats", peter.pk)]


def test_pages_of_all_sources_follow_one_another(account, olga):
    for hour in range(4):
        many_at_once(account, MembershipFactory(account=account).user, 2, at=NOW + datetime.timedelta(hours=hour // 2))
        note_download(
            account_id=account.pk, actor=olga, file="result of a list", now=NOW + datetime.timedelta(hours=hour // 2)
        )

    seen, behind = [], None
    while True:
        page = history_of(account, size=3, behind=behind)
        seen += [(deed.at, deed.key) for deed in page.deeds]
        if page.older is None:
            break
        behind = Cursor.read(str(page.older))

    assert len(seen) == len(set(seen)) == 8
    assert [at for at, _key in seen] == sorted((at for at, _key in seen), reverse=True)


def test_takes_as_many_statements_for_many_moves_and_searches_the_index(account, olga):
    def statements():
        with CaptureQueriesContext(connection) as made:
            moves_of_seats(account, Asked(50))
        return len(made)

    course = CourseFactory()
    placed(account, olga, course)
    once = statements()
    for number in range(5):
        placed(account, olga, CourseFactory(), f"p{number}@example.org")

    assert statements() == once


def test_the_download_of_a_list_is_told(account, olga):
    owner = MembershipFactory(account=account).user
    given_pack(account)
    found = given_list(account, olga, people("bob@example.org"))
    client = Client(headers={"accept-language": "en"})
    client.force_login(olga)
    client.get(reverse("account-list-result", args=[account.pk, found.pk, "csv"]))

    client.force_login(owner)
    page = client.get(reverse("account-history", args=[account.pk])).content.decode()

    assert "Downloaded: Result of a list of people" in page
    assert "Olga Roy" in page
