"""Moving one person from their seat's page."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from enrolments.seats.enter import enter_course
from enrolments.seats.models import Seat
from enrolments.seats.moves import state_shown
from enrolments.seats.release import release_seat
from outbox.mails.models import Mail
from tests.enrolments.given import assign, given_pack, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def bob(account):
    user = UserFactory(email="bob@example.org", first_name="Bob", last_name="Leroy")
    return MembershipFactory(account=account, is_owner=False, is_operator=True, user=user).user


@pytest.fixture
def client(bob):
    client = Client(headers={"accept-language": "en"})
    client.force_login(bob)
    return client


@pytest.fixture
def course():
    return CourseFactory(short_name="SEC-FIRE", name_en="Fire safety")


def placed(account, course, bob, **how):
    """Return a seat of a pack with a person on it."""
    [seat] = given_pack(account, now=timezone.now(), **how)
    assign(seat, course, "carol@example.org", bob, now=timezone.now())
    return Seat.objects.get(pk=seat.pk)


def move_url(seat):
    return reverse("account-seat-move", args=[seat.account_id, seat.pk])


def post(client, seat, to, **typed):
    return client.post(move_url(seat), {"to": to, "reason": "", "seen": state_shown(seat), **typed})


def offered(answer):
    """Return the names of all that can be chosen."""
    groups = answer.context["form"].fields["to"].choices[1:]
    return [name for _label, choices in groups for _value, name in choices]


def test_offers_open_courses_of_the_seats_list_and_sessions_with_a_free_seat(client, account, bob, course):
    seat = placed(account, course, bob, course_list="SEC-*")
    CourseFactory(short_name="SEC-AID", name_en="First aid")
    CourseFactory(short_name="LANG", name_en="Spanish")
    CourseFactory(short_name="SEC-OLD", name_en="Old", is_visible=False)
    made = given_session(course, account, blanks=1)
    given_session(course, account, learners=(UserFactory(),))
    given_session(course, CustomerAccountFactory(), blanks=1)

    assert offered(client.get(move_url(seat))) == ["First aid", f"Session {made.group.name}: Fire safety"]


def test_the_seats_page_leads_there_and_the_move_back_to_it(client, account, bob, course):
    seat, other = placed(account, course, bob), CourseFactory(name_en="First aid")
    assert move_url(seat) in client.get(reverse("account-seat", args=[account.pk, seat.pk])).text

    answer = post(client, seat, f"course:{other.pk}", reason="Changed teams")

    assert answer.url == reverse("account-seat", args=[account.pk, seat.pk])
    page = client.get(answer.url)
    assert [str(each) for each in page.context["messages"]] == ["Moved: First aid. A mail is on its way."]
    seat.refresh_from_db()
    assert seat.course == other
    assert page.text.count("Changed teams") == 2


def test_a_move_to_a_session_leads_to_the_seat_there(client, account, bob, course):
    seat, made = placed(account, course, bob), given_session(course, account, blanks=1, now=timezone.now())

    answer = post(client, seat, f"session:{made.group.pk}")

    assert answer.url == reverse("account-seat", args=[account.pk, made.batch.seats.get().pk])


def test_a_seat_changed_since_keeps_what_was_typed(client, account, bob, course):
    seat, other = placed(account, course, bob), CourseFactory()
    stale = Seat.objects.get(pk=seat.pk)
    release_seat(account=account, seat_id=seat.pk, actor=bob, now=timezone.now())
    assign(seat, course, "dan@example.org", bob, now=timezone.now())

    answer = post(client, stale, f"course:{other.pk}", reason="Changed teams")

    assert answer.status_code == 409
    assert "Changed teams" in answer.text
    assert answer.context["form"]["seen"].value() == state_shown(Seat.objects.get(pk=seat.pk))
    assert Seat.objects.get(pk=seat.pk).course == course


def test_a_course_that_filled_up_meanwhile_is_refused_at_its_field(client, account, bob, course):
    seat, small = placed(account, course, bob), CourseFactory(name_en="Small", capacity=1)
    [last] = given_pack(account)
    assign(last, small, "dan@example.org", bob, now=timezone.now())

    answer = post(client, seat, f"course:{small.pk}")

    assert answer.status_code == 422
    assert answer.context["form"].errors["to"] == ["There are not enough places left in the course “Small”."]
    assert f'value="course:{small.pk}" selected' in answer.text


@pytest.mark.parametrize("to", ["", "course:0", "course:x", "session:1", "odd"])
def test_what_is_no_target_moves_nobody(client, account, bob, course, to):
    seat = placed(account, course, bob)

    answer = post(client, seat, to)

    assert answer.status_code == 422
    assert "to" in answer.context["form"].errors


def test_another_accounts_session_is_no_target(client, account, bob, course):
    seat = placed(account, course, bob)
    theirs = given_session(course, CustomerAccountFactory(), blanks=1)

    assert post(client, seat, f"session:{theirs.group.pk}").status_code == 422


def test_without_anywhere_to_go_the_page_says_so(client, account, bob, course):
    seat = placed(account, course, bob, course_list=course.short_name)

    assert "No other course that this seat may be used for is open" in client.get(move_url(seat)).text


def test_nobody_to_move_leads_to_the_seat(client, account, bob, course):
    [free] = given_pack(account)
    assert client.get(move_url(free)).url == reverse("account-seat", args=[account.pk, free.pk])
    seat = placed(account, course, bob)
    enter_course(user=seat.person, course=course, now=timezone.now())
    assert client.get(move_url(seat)).status_code == 302


def test_before_payment_few_mails_go_to_others(client, account, bob, course, settings):
    seat, other = placed(account, course, bob), CourseFactory()
    settings.RATE_LIMITS = {"mail before payment by person": "0/h/user"}
    before = Mail.objects.count()

    answer = post(client, seat, f"course:{other.pk}")

    assert answer.status_code == 422
    assert (Seat.objects.get(pk=seat.pk).course, Mail.objects.count()) == (course, before)
