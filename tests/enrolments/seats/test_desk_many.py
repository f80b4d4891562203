"""Acts on many seats: ticked, or all that the list finds; shown first, then done for all or for none."""

import datetime
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from enrolments.seats.enter import enter_course
from enrolments.seats.many import MOST
from enrolments.seats.models import Seat
from enrolments.seats.release import release_seat
from outbox.mails.models import Mail
from tests.enrolments.given import assign, given_pack, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin", credit_limit=1)


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


def placed(account, course, bob, number, **how):
    """Return seats of a pack with a person on each."""
    seats = given_pack(account, seats=number, now=timezone.now(), **how)
    for each, seat in enumerate(seats):
        assign(seat, course, f"p{seat.pk}-{each}@example.org", bob, now=timezone.now())
    return seats


def many_url(account):
    return reverse("account-seats-many", args=[account.pk])


def look(client, account, act, seats=(), **more):
    asked = {"act": act, "seat": [seat.pk for seat in seats], **more}
    return client.get(many_url(account), asked)


def confirm(client, account, page, **typed):
    """Post the form of a preview, as a browser does."""
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text.split('method="post"')[-1])
    posted = {}
    for name, value in fields:
        posted.setdefault(name, []).append(value)
    return client.post(many_url(account), posted | {"reason": ""} | typed)


def states(account):
    return list(Seat.objects.filter(account=account).order_by("pk").values_list("state", flat=True))


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def test_the_list_has_a_box_for_each_person_and_leads_to_the_preview(client, account, course, bob):
    [seat] = placed(account, course, bob, 1)
    [free] = given_pack(account)

    page = client.get(reverse("account-seats", args=[account.pk]))

    assert f'name="seat" value="{seat.pk}" form="many"' in page.text
    assert f'name="seat" value="{free.pk}"' not in page.text
    assert f'action="{many_url(account)}"' in page.text


def test_a_release_is_shown_then_done_for_those_shown(client, account, course, bob):
    first, second = placed(account, course, bob, 2)
    enter_course(user=Seat.objects.get(pk=second.pk).person, course=course, now=timezone.now())
    [free] = given_pack(account)

    page = look(client, account, "release", [first, second, free])

    assert (page.context["possible"], page.context["left_out"]) == (
        1,
        [("Nobody has this seat.", 1), ("The person has entered the course: the seat is used for good.", 1)],
    )
    assert states(account) == ["assigned", "consumed", "available"]

    answer = confirm(client, account, page, reason="Course dropped")

    assert answer.url == reverse("account-seats", args=[account.pk])
    assert said(client.get(answer.url)) == ["1 seat is free again."]
    assert states(account) == ["available", "consumed", "available"]
    assert first.events.order_by("pk").last().reason == "Course dropped"


def test_all_that_the_filter_finds(client, account, course, bob):
    placed(account, course, bob, 60)
    placed(account, CourseFactory(), bob, 2)

    page = look(client, account, "release", which="all", state="assigned", course=course.pk)
    assert page.context["possible"] == 60
    confirm(client, account, page)

    assert states(account).count("available") == 60
    assert states(account).count("assigned") == 2


def test_all_of_a_session(client, account, course, bob):
    made = given_session(course, account, learners=tuple(UserFactory.create_batch(2)), now=timezone.now())
    placed(account, course, bob, 1)

    page = look(client, account, "release", which="all", session=made.group.pk)
    confirm(client, account, page)

    assert sorted(made.batch.seats.values_list("state", flat=True)) == ["available"] * 2
    assert Seat.objects.filter(state="assigned").count() == 1


def test_what_changed_since_is_shown_again_and_nothing_is_done(client, account, course, bob):
    first, second = placed(account, course, bob, 2)
    page = look(client, account, "release", [first, second])
    release_seat(account=account, seat_id=first.pk, actor=bob, now=timezone.now())

    answer = confirm(client, account, page, reason="Course dropped")

    assert answer.status_code == 409
    assert "Something changed meanwhile, so nothing was done." in answer.text
    assert 'value="Course dropped"' in answer.text
    assert (answer.context["possible"], states(account)) == (1, ["available", "assigned"])
    confirm(client, account, answer)
    assert states(account) == ["available", "available"]


def test_more_of_the_filter_than_was_shown_are_left_alone(client, account, course, bob):
    placed(account, course, bob, 1)
    page = look(client, account, "release", which="all", state="assigned")
    placed(account, course, bob, 1)

    assert confirm(client, account, page).status_code == 409
    assert states(account) == ["assigned", "assigned"]


def test_a_move_asks_where_then_shows_who_can_go(client, account, course, bob):
    seats = placed(account, course, bob, 3)
    small = CourseFactory(name_en="First aid", capacity=2)

    page = look(client, account, "move", seats)
    assert f'value="course:{small.pk}"' in page.text
    assert "possible" not in page.context
    page = look(client, account, "move", seats, to=f"course:{small.pk}")
    assert page.context["left_out"] == [("There are not enough places left in the course “First aid”.", 1)]
    answer = confirm(client, account, page)

    assert said(client.get(answer.url)) == ["2 people were moved. A mail to each is on its way."]
    assert [Seat.objects.get(pk=seat.pk).course for seat in seats] == [small, small, course]


def test_a_place_lost_since_the_preview_moves_nobody(client, account, course, bob):
    seats = placed(account, course, bob, 2)
    small = CourseFactory(capacity=2)
    page = look(client, account, "move", seats, to=f"course:{small.pk}")
    assign(given_pack(account)[0], small, "late@example.org", bob, now=timezone.now())

    assert confirm(client, account, page).status_code == 409
    assert {Seat.objects.get(pk=seat.pk).course for seat in seats} == {course}


def test_people_are_invited_again_within_their_limits(client, account, course, bob, settings):
    settings.RATE_LIMITS = {"mail to person": "5/d/key", "mail to person again": "1/10m/key"}
    first, second = placed(account, course, bob, 2)
    Mail.objects.update(created_at=timezone.now() - datetime.timedelta(hours=1))
    recent = Mail.objects.get(person_id=Seat.objects.get(pk=second.pk).person_id)
    Mail.objects.filter(pk=recent.pk).update(created_at=timezone.now())

    page = look(client, account, "invite", [first, second])
    assert page.context["left_out"] == [("A mail of your account went to this person moments ago.", 1)]
    answer = confirm(client, account, page)

    assert said(client.get(answer.url)) == ["The person on 1 seat is invited again."]
    assert Mail.objects.filter(kind="invitation", person_id=Seat.objects.get(pk=first.pk).person_id).count() == 2
    assert Mail.objects.filter(person_id=recent.person_id).count() == 1


def test_seats_of_another_account_are_none(client, account, course):
    theirs = CustomerAccountFactory()
    seats = placed(theirs, course, UserFactory(), 1)

    answer = look(client, account, "release", seats)

    assert answer.url == reverse("account-seats", args=[account.pk])
    assert said(client.get(answer.url)) == ["Tick the seats first, or choose all that the list finds."]
    session = given_session(course, theirs, learners=(UserFactory(),)).group
    assert look(client, account, "release", which="all", session=session.pk).status_code == 302


@pytest.mark.parametrize("asked", [{}, {"act": "odd"}, {"act": "release", "seat": "x"}, {"act": "release"}])
def test_nothing_chosen_leads_back(client, account, course, bob, asked):
    placed(account, course, bob, 1)

    assert client.get(many_url(account), asked).status_code == 302
    assert client.post(many_url(account), asked).status_code == 302


def test_too_many_are_to_be_narrowed_down(client, account):
    given_pack(account, seats=MOST + 1)

    answer = look(client, account, "release", which="all")

    assert answer.status_code == 422
    assert f"These are more than {MOST} seats." in answer.text


def test_pages_of_the_preview(client, account, course, bob):
    given_pack(account, seats=101)

    page = look(client, account, "release", which="all")
    assert (len(page.context["rows"]), page.context["next"]) == (100, 100)
    assert 'value="act=' not in page.text  # the search of the frame has words of its own
    further = client.get(f"{many_url(account)}?{page.context['same_address']}&from=100")

    assert (len(further.context["rows"]), further.context["next"]) == (1, None)


@pytest.mark.parametrize("act", ["release", "move", "invite"])
def test_takes_as_many_statements_for_many_as_for_one(client, account, course, bob, act, django_assert_max_num_queries):
    counts = []
    for number in (1, 2, 12):
        seats = placed(account, course, bob, number)
        to = {"to": f"course:{CourseFactory().pk}"} if act == "move" else {}
        look(client, account, act, seats, **to)
        with django_assert_max_num_queries(200) as shown:
            page = look(client, account, act, seats, **to)
        with django_assert_max_num_queries(200) as done:
            confirm(client, account, page)
        counts.append((len(shown), len(done)))
    assert counts[1] == counts[2]
