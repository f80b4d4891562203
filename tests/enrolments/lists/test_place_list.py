"""A list of people is placed on free seats by jobs, all or the valid ones."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.members.models import Membership
from accounts.people.models import User
from common.tidying import tidy
from enrolments.courses.models import Course
from enrolments.courses.places.services import CourseFull, taken
from enrolments.grounds.models import Ground
from enrolments.lists import keeping, running
from enrolments.lists.drafts import ListMoved
from enrolments.lists.models import ListRow, PeopleList
from enrolments.lists.running import start_list
from enrolments.lists.selectors import taken_meanwhile
from enrolments.seats.enter import enter_course
from enrolments.seats.expire import expire_seats
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat
from enrolments.seats.moves import SeatNotFree
from enrolments.seats.release import release_seats
from enrolments.seats.revoke import revoke_seats
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from tests.enrolments.given import NOW, assign, days, given_pack, given_session
from tests.enrolments.lists.given import begin, given_list, people, place, steps, verdicts
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def operator(account):
    return MembershipFactory(account=account, is_operator=True).user


def test_three_people_get_seats_mails_and_a_result(account, operator):
    course = CourseFactory()
    given_pack(account, seats=4)
    UserFactory(email="bob@example.org")
    draft = given_list(account, operator, people("ada@example.org", "Bob@example.org", "eve@example.org"), course)
    assert verdicts(draft) == ["new", "new", "new"]

    done = place(draft)

    assert done.state == PeopleList.State.DONE
    assert steps(done) == ["placed", "placed", "placed"]
    states = list(Seat.objects.order_by("pk").values_list("state", "person__email", "people_list", "keeps_place"))
    assert states == [
        ("assigned", "ada@example.org", None, False),
        ("assigned", "bob@example.org", None, False),
        ("assigned", "eve@example.org", None, False),
        ("available", None, None, False),
    ]
    assert Ground.objects.live().filter(kind="seat").count() == 3
    assert sorted(Mail.objects.values_list("kind", "recipient")) == [
        ("invitation", "ada@example.org"),
        ("invitation", "eve@example.org"),
        ("seat_assigned", "bob@example.org"),
    ]


def test_the_same_list_again_changes_nothing(account, operator):
    course = CourseFactory()
    given_pack(account, seats=4)
    rows = people("ada@example.org", "bob@example.org")
    place(given_list(account, operator, rows, course))
    before = (SeatEvent.objects.count(), Ground.objects.count(), Mail.objects.count())

    again = given_list(account, operator, rows, course)
    assert verdicts(again) == ["already", "already"]
    place(again)

    assert again.state == PeopleList.State.DONE
    assert steps(again) == ["", ""]
    assert (SeatEvent.objects.count(), Ground.objects.count(), Mail.objects.count()) == before


def test_the_same_list_pasted_twice_is_one_draft(account, operator):
    course = CourseFactory()
    given_pack(account, seats=4)
    rows = people("ada@example.org")

    elsewhere = given_list(CustomerAccountFactory(), UserFactory(), rows, course)

    assert given_list(account, operator, rows, course) == given_list(account, operator, rows, course)
    assert PeopleList.objects.exclude(pk=elsewhere.pk).get().account == account


def test_all_or_nothing_places_nobody_when_seats_went_meanwhile_and_tells_who_took_them(account, operator):
    course = CourseFactory()
    seats = given_pack(account, seats=2)
    draft = given_list(account, operator, people("ada@example.org", "eve@example.org"), course)
    assign(seats[0], course, "carol@example.org", MembershipFactory(account=account, is_operator=True).user)

    place(draft)

    assert draft.state == PeopleList.State.DRAFT
    assert draft.refused_at is not None
    assert verdicts(draft) == ["new", "no_seat"]
    assert steps(draft) == ["", ""]
    assert Seat.objects.filter(people_list__isnull=False).count() == 0
    assert len(taken_meanwhile(draft)) == 1


def test_the_valid_ones_are_placed_in_the_order_of_the_list_as_far_as_seats_last(account, operator):
    course = CourseFactory()
    given_pack(account, seats=2)
    rows = people("ada@example.org", "no address", "bob@example.org", "ADA@example.org", "eve@example.org")
    draft = given_list(account, operator, rows, course)
    assert verdicts(draft) == ["new", "invalid_address", "new", "twice", "no_seat"]

    place(draft, "valid")

    assert draft.state == PeopleList.State.DONE
    assert steps(draft) == ["placed", "", "placed", "", ""]


def test_places_of_a_course_are_held_for_the_whole_list_while_it_is_placed(account, operator, monkeypatch):
    course = CourseFactory(capacity=2)
    given_pack(account, seats=3)
    [mine] = given_pack(CustomerAccountFactory())
    monkeypatch.setattr(running, "CHUNK", 1)
    draft = given_list(account, operator, people("ada@example.org", "bob@example.org"), course)
    begin(draft)
    run_due_jobs(limit=1)

    with pytest.raises(CourseFull):
        assign(mine, course, "carol@example.org", UserFactory())

    run_due_jobs()
    draft.refresh_from_db()
    assert draft.state == PeopleList.State.DONE
    assert taken([course.pk]) == {course.pk: 2}


def test_a_kept_seat_is_refused_to_another_operator_with_the_name_of_the_first(account, operator):
    course = CourseFactory()
    [seat] = given_pack(account)
    begin(given_list(account, operator, people("ada@example.org"), course))
    run_due_jobs(limit=1)

    with pytest.raises(SeatNotFree) as refused:
        assign(seat, course, "carol@example.org", UserFactory())

    assert refused.value.actor == operator
    assert expire_seats(now=NOW) == 0


def test_a_full_course_takes_the_first_ones_and_refuses_the_others(account, operator):
    course = CourseFactory(capacity=2)
    given_pack(account, seats=5)
    draft = given_list(account, operator, people("a@example.org", "b@example.org", "c@example.org"), course)
    assert verdicts(draft) == ["new", "new", "course_full"]

    place(draft, "valid")

    assert steps(draft) == ["placed", "placed", ""]


def test_a_preview_does_not_tell_who_is_in_a_course_by_another_account(account, operator):
    course = CourseFactory(capacity=1)
    [theirs] = given_pack(CustomerAccountFactory())
    assign(theirs, course, "ada@example.org", UserFactory())
    given_pack(account, seats=2)

    draft = given_list(account, operator, people("ada@example.org", "new@example.org"), course)

    assert verdicts(draft) == ["course_full", "course_full"]


def test_a_row_that_fails_late_ends_the_run_and_takes_all_back(account, operator, monkeypatch):
    course = CourseFactory()
    given_pack(account, seats=3)
    monkeypatch.setattr(running, "CHUNK", 1)
    draft = given_list(account, operator, people("a@example.org", "b@example.org", "c@example.org"), course)
    begin(draft)
    run_due_jobs(limit=2)
    assert steps(draft) == ["placed", "kept", "kept"]
    second = draft.rows.get(line=3).seat
    revoke_seats(line_id=second.batch.line_id, units=None, actor=None, reason="Refund", now=NOW, consumed_too=True)

    run_due_jobs()

    draft.refresh_from_db()
    assert draft.state == PeopleList.State.STOPPED
    assert verdicts(draft)[1:] == ["seat_not_free", "stopped"]
    assert steps(draft)[1:] == ["", ""]
    assert Seat.objects.filter(people_list__isnull=False).count() == 0
    assert not Mail.objects.filter(kind__in=["invitation", "seat_assigned"]).exists()


def test_what_was_placed_is_released_when_the_course_ends_the_list(account, operator, monkeypatch):
    course = CourseFactory(capacity=3)
    given_pack(account, seats=3)
    monkeypatch.setattr(running, "CHUNK", 1)
    draft = given_list(account, operator, people("a@example.org", "b@example.org", "c@example.org"), course)
    begin(draft)
    run_due_jobs(limit=2)
    enter_course(user=User.objects.get(email="a@example.org"), course=course, now=timezone.now() + days(1))
    run_due_jobs(limit=1)
    Course.objects.filter(pk=course.pk).update(last_day=(timezone.now() - days(2)).date())

    run_due_jobs()

    draft.refresh_from_db()
    assert draft.state == PeopleList.State.STOPPED
    assert steps(draft) == ["placed", "undone", ""]
    assert verdicts(draft) == ["new", "stopped", "course_over"]
    seats = Seat.objects.order_by("state", "pk").values_list("state", "course", "keeps_place", "people_list")
    assert list(seats) == [*[("available", None, False, None)] * 2, ("consumed", course.pk, False, None)]
    assert Mail.objects.count() == 0


def test_a_seat_given_anew_to_the_same_person_is_not_taken_back_with_the_list(account, operator, monkeypatch):
    course = CourseFactory()
    given_pack(account, seats=2)
    monkeypatch.setattr(running, "CHUNK", 1)
    draft = given_list(account, operator, people("a@example.org", "b@example.org"), course)
    begin(draft)
    run_due_jobs(limit=2)
    first = draft.rows.get(line=2).seat
    release_seats(account=account, seats={first.pk: None}, actor=operator, now=NOW)
    assign(first, course, "a@example.org", operator)
    Course.objects.filter(pk=course.pk).update(last_day=(timezone.now() - days(2)).date())

    run_due_jobs()

    draft.refresh_from_db()
    assert draft.state == PeopleList.State.STOPPED
    first.refresh_from_db()
    assert (first.state, first.person.email) == ("assigned", "a@example.org")


def test_whoever_was_taken_off_before_the_mails_left_is_told_nothing(account, operator, monkeypatch):
    course = CourseFactory()
    given_pack(account, seats=2)
    monkeypatch.setattr(running, "CHUNK", 2)
    draft = given_list(account, operator, people("a@example.org", "b@example.org"), course)
    begin(draft)
    run_due_jobs(limit=2)
    assert steps(draft) == ["placed", "placed"]
    first, second = (row.seat for row in draft.rows.select_related("seat").order_by("line"))
    release_seats(account=account, seats={first.pk: None, second.pk: None}, actor=operator, now=NOW)
    assign(first, course, "zoe@example.org", operator)
    Mail.objects.all().delete()

    run_due_jobs()

    draft.refresh_from_db()
    assert draft.state == PeopleList.State.DONE
    assert Mail.objects.count() == 0


def test_seats_kept_in_vain_are_free_again_before_others_are_tried(account, operator, monkeypatch):
    given_pack(account, seats=2)
    draft = given_list(account, operator, people("a@example.org", "b@example.org"), CourseFactory())
    tries = []

    def keep_seats(*arguments):
        tries.append(keeping.keep_seats(*arguments))
        return len(tries) > 1

    monkeypatch.setattr(running, "keep_seats", keep_seats)

    place(draft)

    assert (draft.state, tries) == (PeopleList.State.DONE, [True, True])
    assert steps(draft) == ["placed", "placed"]


def test_seats_are_given_back_under_their_locks(account, operator):
    given_pack(account, seats=2)
    draft = given_list(account, operator, people("a@example.org", "b@example.org"), CourseFactory())
    begin(draft)
    run_due_jobs(limit=1)
    rows = list(draft.rows.order_by("line"))
    seats = ", ".join(str(row.seat_id) for row in rows)

    with CaptureQueriesContext(connection) as captured:
        keeping.let_go(draft, rows)

    locking, giving = (query["sql"] for query in captured)
    assert f"IN ({seats})" in locking
    assert "FOR NO KEY UPDATE" in locking
    assert giving.lstrip().startswith("UPDATE enrolments_seat")
    assert not Seat.objects.filter(people_list__isnull=False).exists()


def test_an_operator_who_lost_the_right_ends_the_list(account, operator, monkeypatch):
    course = CourseFactory()
    given_pack(account, seats=2)
    monkeypatch.setattr(running, "CHUNK", 1)
    draft = given_list(account, operator, people("a@example.org", "b@example.org"), course)
    begin(draft, "valid")
    run_due_jobs(limit=2)
    Membership.objects.filter(user=operator).delete()

    run_due_jobs()

    draft.refresh_from_db()
    assert draft.state == PeopleList.State.DONE
    assert steps(draft) == ["placed", ""]
    assert verdicts(draft) == ["new", "stopped"]


def test_a_session_takes_learners_and_tutors_each_on_their_seats(account, operator):
    course = CourseFactory(capacity=10)
    session = given_session(course, account, learners=(UserFactory(email="in@example.org"),), blanks=2)
    rows = [*people("in@example.org", "ada@example.org"), *people("x", "tom@example.org", role="tutor")[1:]]
    rows = [replace(row, line=line) for line, row in enumerate(rows, 2)]
    draft = given_list(account, operator, rows, group=session.group)
    assert verdicts(draft) == ["already_in_session", "new", "new"]

    place(draft)

    assert steps(draft) == ["", "placed", "placed"]
    roles = Seat.objects.exclude(person=None).order_by("pk").values_list("person__email", "enrolment__role__code")
    assert dict(roles) == {"in@example.org": "student", "ada@example.org": "student", "tom@example.org": "tutor"}


def test_a_pack_takes_no_tutor_and_no_course_beyond_its_list(account, operator):
    allowed, other, hidden = CourseFactory(), CourseFactory(), CourseFactory(is_visible=False)
    closed = CourseFactory(enrolment_closes_on=(NOW - days(2)).date())
    given_pack(account, seats=9, course_list=f"{allowed.short_name},{closed.short_name},{hidden.short_name}")
    rows = [
        *people("a@example.org", course=allowed.short_name.lower()),
        *people("b@example.org", course=other.short_name),
        *people("c@example.org", course=hidden.short_name),
        *people("d@example.org", course="nothing"),
        *people("e@example.org", course=closed.name_en),
        *people("f@example.org", course=allowed.short_name, role="tutor"),
        *people("g@example.org"),
    ]
    rows = [replace(row, line=line) for line, row in enumerate(rows, 2)]

    draft = given_list(account, operator, rows)

    assert verdicts(draft) == [
        "new",
        "course_not_allowed",
        "course_not_allowed",
        "course_not_allowed",
        "course_closed",
        "wrong_role",
        "no_course",
    ]


def test_a_second_worker_and_a_second_click_place_nobody_twice(account, operator):
    course = CourseFactory()
    given_pack(account, seats=3)
    draft = given_list(account, operator, people("ada@example.org"), course)
    begin(draft)
    with pytest.raises(ListMoved):
        start_list(people_list=draft, version=1, mode="all", now=NOW)

    run_due_jobs()
    # A job that ran to its end and is brought back finds nothing to do.
    for job in Job.objects.filter(kind="place_list"):
        running.run_step(job, NOW)

    assert Seat.objects.filter(state="assigned").count() == 1


def test_a_step_that_gives_up_gives_all_back(account, operator):
    course = CourseFactory()
    given_pack(account, seats=2)
    draft = given_list(account, operator, people("a@example.org", "b@example.org"), course)
    begin(draft)
    run_due_jobs(limit=1)

    running.give_up(Job.objects.filter(kind="place_list").latest("pk"), NOW)

    draft.refresh_from_db()
    assert draft.state == PeopleList.State.UNDOING
    assert steps(draft) == ["", ""]
    assert Seat.objects.filter(people_list__isnull=True, keeps_place=False, course=None).count() == 2


def test_preview_and_steps_need_as_many_statements_for_ten_people_as_for_a_chunk():
    spent = []
    for size in (10, running.CHUNK - 1):
        operator = MembershipFactory(is_operator=True)
        account, operator, course = operator.account, operator.user, CourseFactory(capacity=100_000)
        rows = people(*(f"{size}-{number}@example.org" for number in range(size)))
        given_pack(account, seats=size)
        with CaptureQueriesContext(connection) as queries:
            draft = given_list(account, operator, rows, course)
        spent.append([len(queries)])
        begin(draft)
        while Job.objects.pending().filter(kind="place_list").exists():
            Job.objects.exclude(kind="place_list").delete()
            with CaptureQueriesContext(connection) as queries:
                run_due_jobs(limit=1)
            spent[-1].append(len(queries))
        draft.refresh_from_db()
        assert draft.state == PeopleList.State.DONE
    assert spent[0] == spent[1]


def test_old_lists_are_deleted_with_their_rows(account, operator):
    given_pack(account, seats=2)
    course = CourseFactory()
    old = place(given_list(account, operator, people("a@example.org"), course))
    begin(given_list(account, operator, people("b@example.org"), course))
    PeopleList.objects.update(made_at=NOW - days(400))

    assert tidy("lists", now=NOW) == 1

    assert not PeopleList.objects.filter(pk=old.pk).exists()
    assert ListRow.objects.count() == 1
    assert Seat.objects.filter(state="assigned").count() == 1
