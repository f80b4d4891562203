"""Acts on more seats than one request should bear: done by jobs, step by step, as they were shown."""

import datetime
import itertools

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.members.models import Membership
from common.refusals import Refused
from common.tidying import tidy
from enrolments.people import mail_again
from enrolments.runs import running
from enrolments.runs.models import Run, RunRow
from enrolments.runs.running import start_run
from enrolments.runs.why import WhyNot
from enrolments.seats import many, move, moves, moving, placing, release
from enrolments.seats.enter import enter_course
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.many import Act, PreviewChanged, fingerprint_of, look_at
from enrolments.seats.models import Seat
from enrolments.seats.release import release_seat
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
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


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 2)


emails = (f"p{number}@example.org" for number in itertools.count())


def placed(account, course, bob, number):
    seats = given_pack(account, seats=number, now=timezone.now())
    for seat in seats:
        assign(seat, course, next(emails), bob, now=timezone.now())
    return list(
        Seat.objects.filter(pk__in=[seat.pk for seat in seats]).select_related("batch", "role", "enrolment__role")
    )


def begin(account, bob, act, seats, *, to=None, people=(), **how):
    """Begin a run of what is shown now."""
    now = timezone.now()
    outcomes = look_at(account=account, act=act, seats=seats, people=people, to=to, now=now)
    how = {"seen": fingerprint_of(act, to, outcomes), "language": "en", "now": now} | how
    return start_run(account=account, act=act, seats=seats, people=people, to=to, actor=bob, **how)


def rows(run):
    return list(run.rows.order_by("position").values_list("step", "why"))


def job_of(run):
    return Job.objects.pending().get(key__startswith=f"act_on_many:{run.pk}:")


# What becomes of a run


def test_a_release_is_done_in_steps_and_keeps_what_became_of_each(account, bob, course):
    seats = placed(account, course, bob, 5)
    enter_course(user=seats[1].person, course=course, now=timezone.now())
    seats[1].refresh_from_db()

    run = begin(account, bob, Act.RELEASE, seats, reason="Course dropped")
    assert rows(run) == [("waiting", ""), ("left", "has_entered")] + [("waiting", "")] * 3
    assert run_due_jobs() > 0

    run.refresh_from_db()
    assert (run.state, run.ended_at is not None) == ("done", True)
    assert rows(run) == [("done", ""), ("left", "has_entered")] + [("done", "")] * 3
    states = list(Seat.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["available", "consumed"] + ["available"] * 3
    assert set(
        SeatEvent.objects.filter(to_state="available", from_state="assigned").values_list("reason", "actor")
    ) == {("Course dropped", bob.pk)}


def test_who_is_moved_into_a_session_has_the_new_seat_in_the_result(account, bob, course):
    seats = placed(account, course, bob, 3)
    session = given_session(course, account, blanks=2, now=timezone.now())

    run = begin(account, bob, Act.MOVE, seats, to=session.group)
    run_due_jobs()

    assert rows(run) == [("done", ""), ("done", ""), ("left", "no_free_seat")]
    taken = [row.to_seat for row in run.rows.order_by("position")]
    assert [seat and seat.person_id for seat in taken] == [seats[0].person_id, seats[1].person_id, None]
    assert {seat.batch for seat in taken if seat} == {session.batch}


def test_a_person_on_several_seats_gets_one_mail_though_steps_are_small(account, bob, course):
    people = [UserFactory() for _person in range(3)]
    seats = []
    for person, into in itertools.product(people, (course, CourseFactory(), CourseFactory())):
        [seat] = given_pack(account, now=timezone.now())
        assign(seat, into, person.email, bob, now=timezone.now())
        seats.append(seat.pk)
    Mail.objects.update(created_at=timezone.now() - datetime.timedelta(days=2))
    chosen = list(Seat.objects.filter(pk__in=seats).select_related("batch", "role", "enrolment__role"))

    run = begin(account, bob, Act.INVITE, chosen)
    run_due_jobs()

    assert rows(run) == [("done", "")] * 9
    mails = Mail.objects.filter(created_at__gte=run.made_at - datetime.timedelta(minutes=5))
    assert sorted(mails.values_list("person_id", flat=True)) == sorted(person.pk for person in people)


def test_what_a_colleague_changed_before_its_turn_is_left_alone_and_told(account, bob, course):
    seats = placed(account, course, bob, 3)
    run = begin(account, bob, Act.RELEASE, seats)
    release_seat(account=account, seat_id=seats[1].pk, actor=bob, now=timezone.now())
    release_seat(account=account, seat_id=seats[2].pk, actor=bob, now=timezone.now())
    assign(Seat.objects.get(pk=seats[2].pk), course, "anew@example.org", bob, now=timezone.now())

    run_due_jobs()

    assert rows(run) == [("done", ""), ("left", "seat_not_assigned"), ("left", "seat_moved")]
    assert Seat.objects.get(pk=seats[2].pk).person.email == "anew@example.org"


def test_what_changed_since_it_was_shown_begins_nothing(account, bob, course):
    seats = placed(account, course, bob, 2)

    with pytest.raises(PreviewChanged):
        begin(account, bob, Act.RELEASE, seats, seen="0" * 64)

    assert not Run.objects.exists()
    assert not Job.objects.filter(kind="act_on_many").exists()


def test_a_form_sent_twice_makes_one_run(account, bob, course):
    seats = placed(account, course, bob, 2)

    assert begin(account, bob, Act.RELEASE, seats) == begin(account, bob, Act.RELEASE, seats)

    assert RunRow.objects.count() == 2
    assert Job.objects.filter(kind="act_on_many").count() == 1


def test_an_operator_who_lost_the_right_ends_the_run(account, bob, course):
    run = begin(account, bob, Act.RELEASE, placed(account, course, bob, 2))
    Membership.objects.filter(user=bob).update(is_operator=False, is_buyer=True)

    run_due_jobs()

    run.refresh_from_db()
    assert (run.state, rows(run)) == ("stopped", [("left", "stopped")] * 2)
    assert Seat.objects.filter(state="assigned").count() == 2


def test_a_run_that_fails_for_good_says_so_and_what_was_done_stays(account, bob, course):
    run = begin(account, bob, Act.RELEASE, placed(account, course, bob, 3))
    running.run_step(job_of(run), timezone.now())

    running.give_up(Job.objects.get(key=f"act_on_many:{run.pk}:1:1"), timezone.now())

    run.refresh_from_db()
    assert (run.state, rows(run)) == ("stopped", [("done", ""), ("done", ""), ("left", "stopped")])


@pytest.mark.parametrize("act", list(Act))
def test_a_step_takes_as_many_statements_for_many_as_for_few(account, bob, course, act, monkeypatch):
    counts = []
    for number in (2, 9, 3):
        monkeypatch.setattr(running, "CHUNK", number)
        seats = placed(account, course, bob, number)
        Mail.objects.update(created_at=timezone.now() - datetime.timedelta(days=2))
        run = begin(account, bob, act, seats, to=CourseFactory() if act == Act.MOVE else None)
        with CaptureQueriesContext(connection) as statements:
            running.run_step(job_of(run), timezone.now())
        assert [step for step, _why in rows(run)] == ["done"] * number
        counts.append(len(statements))
    assert counts[1] == counts[2]


def test_runs_of_last_year_are_tidied_and_those_under_way_stay(account, bob, course):
    over = begin(account, bob, Act.RELEASE, placed(account, course, bob, 2))
    run_due_jobs()
    begun = begin(account, bob, Act.RELEASE, placed(account, course, bob, 2))
    Run.objects.update(made_at=timezone.now() - datetime.timedelta(days=400))

    tidy("runs", now=timezone.now())

    assert list(Run.objects.all()) == [begun]
    assert not RunRow.objects.filter(run_id=over.pk).exists()


def test_every_reason_that_a_service_may_give_has_words():
    modules = (many, move, moves, moving, placing, release, mail_again)
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    codes = {kind.code for kind in kinds if issubclass(kind, Refused) and kind is not Refused}
    # Refusals of a whole form, of assignments, and of a mail to one person.
    codes -= {"preview_changed", "rows_refused", "seat_not_free", "address_changed"}

    assert codes <= set(WhyNot.values)


# At the desk


@pytest.fixture
def at_once(monkeypatch):
    from enrolments.seats import many_views

    monkeypatch.setattr(many_views, "AT_ONCE", 2)


def url(name, account, *more):
    return reverse(name, args=[account.pk, *more])


def confirm(client, account, **asked):
    """Look at an act, then post the form of the page."""
    page = client.get(url("account-seats-many", account), asked)
    posted = asked | {"seen": page.context["form"]["seen"].value(), "reason": ""}
    return page, client.post(url("account-seats-many", account), posted)


@pytest.mark.usefixtures("at_once")
def test_more_than_a_request_bears_is_begun_and_its_progress_and_result_shown(client, account, bob, course):
    seats = placed(account, course, bob, 3)

    page, answer = confirm(client, account, act="release", which="all")
    assert "It is done step by step" in page.text
    run = Run.objects.get()
    assert answer.url == url("account-run", account, run.pk)
    assert Seat.objects.filter(state="assigned").count() == 3

    page = client.get(answer.url)
    assert "0 done, 3 to go." in page.text
    assert f'hx-get="{url("account-run-state", account, run.pk)}"' in page.text
    assert "HX-Refresh" not in client.get(url("account-run-state", account, run.pk)).headers
    run_due_jobs()
    assert client.get(url("account-run-state", account, run.pk))["HX-Refresh"] == "true"

    page = client.get(answer.url)
    assert (page.context["counts"].done, page.context["counts"].left) == (3, 0)
    assert seats[0].person.email in page.text
    assert answer.url in client.get(url("account-runs", account)).text


@pytest.mark.usefixtures("at_once")
def test_two_are_done_at_once(client, account, bob, course):
    placed(account, course, bob, 2)

    _page, answer = confirm(client, account, act="release", which="all")

    assert answer.url == url("account-seats", account)
    assert not Run.objects.exists()
    assert Seat.objects.filter(state="available").count() == 2


@pytest.mark.usefixtures("at_once")
def test_what_changed_since_the_preview_is_shown_again(client, account, bob, course):
    seats = placed(account, course, bob, 3)
    asked = {"act": "release", "which": "all"}
    page = client.get(url("account-seats-many", account), asked)
    release_seat(account=account, seat_id=seats[0].pk, actor=bob, now=timezone.now())

    answer = client.post(
        url("account-seats-many", account), asked | {"seen": page.context["form"]["seen"].value(), "reason": "Typed"}
    )

    assert answer.status_code == 409
    assert 'value="Typed"' in answer.text
    assert not Run.objects.exists()


def test_those_left_as_they_were_are_shown_alone_and_downloaded(client, account, bob, course):
    seats = placed(account, course, bob, 2)
    enter_course(user=seats[0].person, course=course, now=timezone.now())
    seats[0].refresh_from_db()
    run = begin(account, bob, Act.RELEASE, seats)
    run_due_jobs()

    page = client.get(url("account-run", account, run.pk) + "?show=left")
    assert [each.seat_id for each in page.context["rows"]] == [seats[0].pk]
    file = client.get(url("account-run-result", account, run.pk, "csv"))
    lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()

    assert len(lines) == 3
    assert "The person had entered the course." in lines[1]
    assert seats[1].person.email in lines[2]


def test_pages_of_a_result(client, account, bob, monkeypatch):
    from enrolments.runs import views

    monkeypatch.setattr(views, "ROWS_A_PAGE", 2)
    run = begin(account, bob, Act.RELEASE, given_pack(account, seats=3))

    page = client.get(url("account-run", account, run.pk))
    assert (len(page.context["rows"]), page.context["next"]) == (2, 2)
    further = client.get(url("account-run", account, run.pk) + "?after=2")

    assert (len(further.context["rows"]), further.context["next"]) == (1, None)


def test_a_run_of_another_account_does_not_exist(client, account, bob, course):
    theirs = CustomerAccountFactory()
    eve = MembershipFactory(account=theirs, is_operator=True).user
    run = begin(theirs, eve, Act.RELEASE, placed(theirs, course, eve, 1))

    names = [("account-run", ()), ("account-run-state", ()), ("account-run-result", ("csv",))]
    assert {client.get(url(name, account, run.pk, *more)).status_code for name, more in names} == {404}
    assert str(run.pk) not in [str(each.pk) for each in client.get(url("account-runs", account)).context["page"].rows]
