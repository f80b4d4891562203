"""Acts on many people of the list: ticked, or all that it finds; their seats are shown first."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.delegation.models import Delegation
from accounts.teams.models import Team
from enrolments.runs.models import Run
from enrolments.seats import many_views
from enrolments.seats.enter import enter_course
from enrolments.seats.many import MOST
from enrolments.seats.models import Seat
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from tests.enrolments.given import assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin", credit_limit=1)


@pytest.fixture
def bob(account):
    return MembershipFactory(account=account, is_owner=False, is_operator=True).user


@pytest.fixture
def client(bob):
    client = Client(headers={"accept-language": "en"})
    client.force_login(bob)
    return client


@pytest.fixture
def course():
    return CourseFactory(short_name="SEC-FIRE", name_en="Fire safety")


def placed(account, bob, *courses):
    """Return somebody whom the account has in courses, as the account sees them."""
    person = UserFactory()
    for course in courses:
        assign(given_pack(account, now=timezone.now())[0], course, person.email, bob, now=timezone.now())
    return Delegation.objects.get(account=account, person=person)


def url(account):
    return reverse("account-people-many", args=[account.pk])


def chosen(client, account, act, *people, **more):
    """Press a button of the list; return the page about the act."""
    posted = {"act": act, "people": [each.pk for each in people], "which": "ticked", "filters": "", "next": "/"} | more
    return client.post(reverse("account-people-chosen", args=[account.pk]), posted, follow=True)


def confirm(client, account, page, **more):
    posted = {}
    for name, value in page.context["fields"]:
        posted.setdefault(name, []).append(value)
    seen = {"seen": page.context["form"]["seen"].value(), "reason": "", "to": page.context.get("to_value", "")}
    return client.post(url(account), posted | seen | more)


def said(client, answer):
    return [str(message) for message in client.get(answer.url).context["messages"]]


def state_of(delegation):
    seats = Seat.objects.filter(account=delegation.account_id, person=delegation.person_id)
    return sorted(seats.values_list("state", flat=True))


def test_the_list_has_a_box_for_each_person_and_the_acts(client, account, bob, course):
    ann = placed(account, bob, course)

    page = client.get(reverse("account-people", args=[account.pk]))

    assert f'name="people" value="{ann.pk}"' in page.text
    assert f'action="{reverse("account-people-chosen", args=[account.pk])}"' in page.text


def test_ticked_people_are_taken_off_the_seats_they_have_not_entered(client, account, bob, course):
    ann = placed(account, bob, course, CourseFactory())
    bea, cid = placed(account, bob, course), placed(account, bob, course)
    enter_course(user=bea.person, course=course, now=timezone.now())

    page = chosen(client, account, "release", ann, bea)
    assert page.context["possible"] == 2
    assert page.context["left_out"] == [("The person has entered the course: the seat is used for good.", 1)]
    answer = confirm(client, account, page, reason="Left us")

    assert answer.url == reverse("account-people", args=[account.pk])
    assert said(client, answer) == ["2 seats are free again."]
    assert [state_of(each) for each in (ann, bea, cid)] == [[], ["consumed"], ["assigned"]]


def test_who_has_no_seat_is_named_among_those_left_out(client, account, bob, course):
    ann, bea = placed(account, bob, course), placed(account, bob, course)
    Seat.objects.filter(person=bea.person_id).update(
        state="available", person=None, enrolment=None, assigned_at=None, assigned_by=None, course=None
    )

    page = chosen(client, account, "release", ann, bea)

    assert page.context["left_out"] == [("This person has no seat among those you look after.", 1)]
    assert bea.email in page.text
    confirm(client, account, page)
    assert state_of(ann) == []


def test_all_that_the_filter_finds_are_invited_again_once_each(client, account, bob, course):
    other = CourseFactory()
    ann, bea = placed(account, bob, course, other), placed(account, bob, course)
    placed(account, bob, other)
    Mail.objects.update(created_at=timezone.now() - datetime.timedelta(days=2))

    page = chosen(client, account, "invite", which="all", filters=f"course={course.pk}")
    assert page.context["possible"] == 2
    answer = confirm(client, account, page)

    assert said(client, answer) == ["2 people are invited again."]
    again = Mail.objects.filter(created_at__gte=timezone.now() - datetime.timedelta(hours=1))
    assert sorted(again.values_list("person_id", flat=True)) == sorted([ann.person_id, bea.person_id])


def test_ticked_people_are_moved_with_their_seats(client, account, bob, course):
    ann, bea = placed(account, bob, course), placed(account, bob, course)
    other = CourseFactory()

    page = chosen(client, account, "move", ann, bea)
    assert f'value="course:{other.pk}"' in page.text
    page = client.get(f"{url(account)}?{page.context['request'].GET.urlencode()}&to=course:{other.pk}")
    answer = confirm(client, account, page)

    assert said(client, answer) == ["2 people were moved. A mail to each is on its way."]
    assert set(Seat.objects.filter(state="assigned").values_list("course", flat=True)) == {other.pk}


def test_what_changed_since_is_shown_again_and_nothing_is_done(client, account, bob, course):
    ann, bea = placed(account, bob, course), placed(account, bob, course)
    page = chosen(client, account, "release", ann, bea)
    enter_course(user=bea.person, course=course, now=timezone.now())

    assert confirm(client, account, page).status_code == 409
    assert [state_of(each) for each in (ann, bea)] == [["assigned"], ["consumed"]]


def test_many_people_are_done_by_jobs(client, account, bob, course, monkeypatch):
    monkeypatch.setattr(many_views, "AT_ONCE", 2)
    people = [placed(account, bob, course) for _person in range(3)]
    Mail.objects.update(created_at=timezone.now() - datetime.timedelta(days=2))

    page = chosen(client, account, "invite", which="all")
    answer = confirm(client, account, page)
    run = Run.objects.get()
    run_due_jobs()

    assert answer.url == reverse("account-run", args=[account.pk, run.pk])
    assert list(run.rows.values_list("seat", "step")) == [(None, "done")] * 3
    page = client.get(answer.url)
    assert all(each.email in page.text for each in people)


def test_people_of_another_account_are_nobody(client, account, bob, course):
    theirs = CustomerAccountFactory()
    eve = MembershipFactory(account=theirs, is_operator=True).user
    ann = placed(theirs, eve, course)

    page = chosen(client, account, "release", ann)

    assert [str(each) for each in page.context["messages"]] == [
        "Tick the people first, or choose all that the list finds."
    ]
    assert state_of(ann) == ["assigned"]


def test_seats_that_other_accounts_gave_a_person_are_left_alone(client, account, bob, course):
    ann = placed(account, bob, course)
    theirs = CustomerAccountFactory()
    eve = MembershipFactory(account=theirs, is_operator=True).user
    assign(given_pack(theirs, now=timezone.now())[0], course, ann.person.email, eve, now=timezone.now())

    page = chosen(client, account, "release", ann)
    assert len(page.context["rows"]) == 1
    confirm(client, account, page)

    assert list(Seat.objects.filter(state="assigned").values_list("account", flat=True)) == [theirs.pk]


def test_too_many_are_to_be_narrowed_down(client, account, bob, course, monkeypatch):
    from enrolments.people import many_views as view

    monkeypatch.setattr(view, "MOST", 2)
    for _person in range(3):
        placed(account, bob, course)

    answer = chosen(client, account, "invite", which="all")

    assert answer.status_code == 422
    assert f"These are more than {MOST} people or seats." in answer.text


def test_people_ticked_are_put_into_a_team_as_before(client, account, bob, course):
    ann = placed(account, bob, course)
    nantes = Team.objects.create(account=account, name="Nantes")
    page = client.get(reverse("account-people", args=[account.pk]))
    assert f'formaction="{reverse("account-people-team", args=[account.pk])}"' in page.text

    client.post(
        reverse("account-people-team", args=[account.pk]),
        {"people": [ann.pk], "into": nantes.pk, "which": "ticked", "filters": "", "next": page.context["ticked_on"]},
    )

    assert Delegation.objects.get(pk=ann.pk).team == nantes


@pytest.mark.parametrize("act", ["release", "move", "invite"])
def test_takes_as_many_statements_for_many_as_for_few(client, account, bob, course, act, django_assert_max_num_queries):
    counts = []
    for number in (2, 9, 3):
        people = [placed(account, bob, course) for _person in range(number)]
        Mail.objects.update(created_at=timezone.now() - datetime.timedelta(days=2))
        asked = {"act": act, "people": [each.pk for each in people]}
        asked |= {"to": f"course:{CourseFactory().pk}"} if act == "move" else {}
        with django_assert_max_num_queries(200) as shown:
            page = client.get(url(account), asked)
        with django_assert_max_num_queries(200) as done:
            confirm(client, account, page)
        counts.append((len(shown), len(done)))
    assert counts[1] == counts[2]
