"""Lists of the account area: Alice owns the account, Bob operates it, Charlie is a stranger."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from common.paging import key_page
from enrolments.seats.enter import enter_course
from enrolments.seats.models import SeatState
from enrolments.seats.selectors import seat_counts
from enrolments.values import Terms
from tests.enrolments.given import assign, days, given_pack, given_session, typed
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

PAGES = ["account-seats", "account-people", "account-sessions"]


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def bob(account):
    return MembershipFactory(account=account, is_owner=False, is_operator=True, user__email="bob@example.org").user


@pytest.fixture
def client():
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def page(client, account, bob):
    """Return a function that opens a page of the account area as Bob."""

    def get(name, **parameters):
        client.force_login(bob)
        answer = client.get(reverse(name, args=[account.pk]), parameters)
        assert answer.status_code == 200
        return answer

    return get


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_ask_for_sign_in(client, account, name):
    answer = client.get(reverse(name, args=[account.pk]))

    assert answer.status_code == 302
    assert reverse("account_login") in answer["Location"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("roles", [None, {"is_buyer": True}, {"is_accountant": True}])
def test_who_manages_no_seats_finds_nothing(client, account, name, roles):
    charlie = UserFactory()
    if roles:
        MembershipFactory(account=account, user=charlie, is_owner=False, **roles)
    client.force_login(charlie)

    assert client.get(reverse(name, args=[account.pk])).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_owner_and_operator_see_an_empty_list_that_says_so(client, account, bob, name):
    alice = MembershipFactory(account=account).user
    for user in (alice, bob):
        client.force_login(user)
        answer = client.get(reverse(name, args=[account.pk]))
        assert answer.status_code == 200
        assert 'class="empty"' in answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_change_nothing(client, account, bob, name):
    client.force_login(bob)

    assert client.post(reverse(name, args=[account.pk])).status_code == 405


def test_seats_are_counted_by_entry_and_state(page, account, bob):
    now = timezone.now()
    first, second, *_others = given_pack(account, seats=5)
    course = CourseFactory(name_en="Fire safety")
    assign(first, course, "carol@example.org", bob, now=now)
    dan = assign(second, course, "dan@example.org", bob, now=now).user
    enter_course(user=dan, course=course, now=now)
    given_pack(CustomerAccountFactory(), seats=7)

    answer = page("account-seat-counts")

    [entry] = answer.context["counts"].entries
    assert (entry.code, entry.total) == ("SAFETY", 5)
    assert entry.counts == {"available": 3, "assigned": 1, "consumed": 1, "expired": 0, "revoked": 0}
    [choices] = [page("account-seats").context["form"].fields["course"].choices]
    assert choices == [("", "All courses"), (str(course.pk), "Fire safety")]


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({}, 4),
        ({"state": "assigned"}, 1),
        ({"state": "available"}, 3),
        ({"entry": "SAFETY"}, 4),
        ({"course": "own"}, 2),
        ({"course": "own", "state": "available"}, 1),
        ({"state": "nonsense"}, 4),
        ({"course": "999999"}, 4),
        ({"older": "-1"}, 4),
        ({"older": "x" * 50}, 4),
    ],
)
def test_seats_are_filtered(page, account, bob, parameters, count):
    course = CourseFactory()
    given_session(course, account, learners=(UserFactory(),), blanks=1)
    given_pack(account, seats=2)
    if parameters.get("course") == "own":
        parameters = parameters | {"course": course.pk}

    assert len(page("account-seats", **parameters).context["rows"]) == count


def test_the_list_shows_what_this_account_typed_and_nothing_of_others(page, account, bob):
    carol = UserFactory(email="carol@example.org", first_name="Caroline", last_name="Secret")
    course = CourseFactory(name_en="Fire safety", name_fr="Fire safety")
    elsewhere = CourseFactory(name_en="Private matters", name_fr="Private matters")
    [theirs] = given_pack(CustomerAccountFactory())
    assign(theirs, elsewhere, carol.email, UserFactory())
    [mine] = given_pack(account, terms=Terms(ends_at=timezone.now() + days(10)))
    assign(mine, course, "Carol@example.org", bob, now=timezone.now())

    for name in ("account-seats", "account-people"):
        text = page(name).content.decode()
        assert f"{typed('').first_name} {typed('').last_name}" in text
        assert "carol@example.org" in text
        assert "Fire safety" in text
        assert "Secret" not in text
        assert "Private matters" not in text


def test_a_person_this_account_never_named_stays_unnamed(page, account):
    given_session(CourseFactory(), account, learners=(UserFactory(email="dan@example.org"),))

    text = page("account-seats").content.decode()

    assert "dan@example.org" not in text
    assert "Somebody your account did not name" in text


def test_two_operators_share_one_line_per_person(page, account, bob):
    alice = MembershipFactory(account=account).user
    first, second = given_pack(account, seats=2)
    assign(first, CourseFactory(), "carol@example.org", bob, now=timezone.now())
    assign(second, CourseFactory(), "carol@example.org", alice, now=timezone.now())

    [row] = page("account-people").context["rows"]

    assert (row.email, len(row.grounds)) == ("carol@example.org", 2)


@pytest.mark.parametrize(("search", "found"), [("", 2), ("carol", 1), ("DURAND", 2), ("camille dan@", 1), ("zoe", 0)])
def test_people_are_searched_by_what_was_typed(page, account, bob, search, found):
    first, second = given_pack(account, seats=2)
    assign(first, CourseFactory(), "carol@example.org", bob, now=timezone.now())
    assign(second, CourseFactory(), "dan@example.org", bob, now=timezone.now())

    assert len(page("account-people", q=search).context["rows"]) == found


def test_sessions_show_their_people_and_lead_to_their_seats(page, account):
    course = CourseFactory(name_en="Fire safety")
    made = given_session(
        course, account, learners=tuple(UserFactory.create_batch(2)), tutors=(UserFactory(),), blanks=1
    )
    given_session(course, CustomerAccountFactory(), blanks=1)
    given_pack(account, seats=3)

    [row] = page("account-sessions").context["rows"]

    assert (row.group, row.learners, row.tutors, row.blanks, row.begun) == (made.group, 2, 1, 1, 0)
    assert len(page("account-seats", session=made.group.pk).context["rows"]) == 4


def test_a_session_of_another_account_does_not_exist(client, account, bob):
    theirs = given_session(CourseFactory(), CustomerAccountFactory(), blanks=1)
    client.force_login(bob)

    for asked in (theirs.group.pk, "0", "x", "9" * 30):
        assert client.get(reverse("account-seats", args=[account.pk]), {"session": asked}).status_code == 404


def test_pages_go_by_key_in_both_directions(account):
    seats = given_pack(account, seats=5)
    keys = [seat.pk for seat in reversed(seats)]
    rows = account.seats.all()

    first = key_page(rows, size=2)
    second = key_page(rows, size=2, older_than=first.older)
    third = key_page(rows, size=2, older_than=second.older)

    assert [[seat.pk for seat in page.rows] for page in (first, second, third)] == [keys[:2], keys[2:4], keys[4:]]
    assert (first.newer, third.older) == (None, None)
    back = key_page(rows, size=2, newer_than=third.newer)
    assert [seat.pk for seat in back.rows] == keys[2:4]
    start = key_page(rows, size=2, newer_than=back.newer)
    assert ([seat.pk for seat in start.rows], start.newer, start.older) == (keys[:2], None, keys[1])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_many_takes_as_many_statements_as_one_of_few(client, account, bob, name):
    client.force_login(bob)

    def statements(people):
        course = CourseFactory()
        for seat in given_pack(account, seats=people):
            assign(seat, course, f"seat{seat.pk}@example.net", bob, now=timezone.now())
        for _ in range(people):
            given_session(course, account, learners=(UserFactory(),), blanks=1)
        client.get(reverse(name, args=[account.pk]))
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(name, args=[account.pk]))
        return len(captured)

    assert statements(2) == statements(12) <= 20


def test_counting_a_large_account_takes_one_statement(account, django_assert_num_queries):
    given_pack(account, seats=3_000)
    given_session(CourseFactory(), account, blanks=1)

    with django_assert_num_queries(1):
        counts = seat_counts(account, now=timezone.now())

    assert counts.by_state[SeatState.AVAILABLE] == 3_001


def test_free_seats_that_end_soon_are_a_choice(account, page):
    soon = given_pack(account, valid_until=timezone.now() + days(29))
    given_pack(account, valid_until=timezone.now() + days(60))

    rows = page("account-seats", state="ending").context["rows"]

    assert [row["seat"] for row in rows] == soon
