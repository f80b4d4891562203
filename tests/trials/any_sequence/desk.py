"""Steps of the operator's desk with several seats or people, and the ways in for the people themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from accounts.members.models import CustomerAccount
from accounts.members.rights import operators_of
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.people.services import PersonTyped
from common.refusals import Refused
from enrolments.courses.models import Course
from enrolments.joining.join import join
from enrolments.joining.make import make_link
from enrolments.joining.selectors import find_entrance
from enrolments.joining.tokens import token_of
from enrolments.lists.drafts import make_list
from enrolments.lists.models import ListRow, PeopleList
from enrolments.lists.reading import PersonRow
from enrolments.lists.running import run_step as list_step
from enrolments.lists.running import start_list
from enrolments.lists.verdicts import FINE
from enrolments.people.edit import edit_person, version_of
from enrolments.requests.models import CourseRequest
from enrolments.requests.services import ask_for_course, place_request
from enrolments.runs import running
from enrolments.runs.models import Run, RunRow
from enrolments.seats.lapse import lapse_seats
from enrolments.seats.many import Act, fingerprint_of, look_at
from enrolments.seats.models import Seat
from enrolments.seats.replace import replace_person
from outbox.jobs.models import Job
from outbox.mails.models import Mail
from tests.trials.any_sequence import world
from tests.trials.any_sequence.choices import one_of, person, some
from tests.trials.any_sequence.frame import Frame
from tests.trials.any_sequence.rules import changed_tables, fingerprint

# Tables that tell who sits where.
SEATING = {"enrolments_seat", "enrolments_seatevent", "enrolments_ground", "enrolments_enrolment"}


class Desk(Frame):
    """Steps of operators with many people, and of people who come by a link or ask for a course."""

    def seats_at_a_desk(self, *states: str, source: str = "") -> list[Seat]:
        """Return the seats of accounts that have an operator."""
        seats = [seat for seat in self.seats_in(*states) if self.has_desk(seat)]
        return [seat for seat in seats if not source or seat.batch.source == source]

    @precondition(lambda self: self.seats_at_a_desk("assigned"))
    @rule(n=some, who=person, by=some)
    def replace(self, n: int, who: str, by: int) -> None:
        """Give a seat to another person in one step."""
        seat = one_of(self.seats_at_a_desk("assigned"), n)
        account = CustomerAccount.objects.get(pk=seat.account_id)
        with self.step("replace", Refused):
            replace_person(
                account=account,
                seats={seat.pk: None},
                person=PersonTyped(email=world.address(who), first_name=who.title(), last_name="Test"),
                operator=one_of(list(operators_of(account)), by),
                language="en",
                now=self.now,
            )
            after = Seat.objects.get(pk=seat.pk)
            assert (after.state, after.course_id) == ("assigned", seat.course_id)
            assert after.person_id != seat.person_id

    @precondition(lambda self: Delegation.objects.exists())
    @rule(n=some)
    def correct_address(self, n: int) -> None:
        """Correct a mistyped address: the person keeps all that they have."""
        known = one_of(list(Delegation.objects.order_by("pk")), n)
        typed = f"corrected.{Delegation.objects.filter(email__startswith='corrected').count()}.{n}@example.org"
        with self.step("correct an address", Refused):
            edit_person(
                account=CustomerAccount.objects.get(pk=known.account_id),
                person_id=known.person_id,
                person=PersonTyped(email=typed, first_name="New", last_name="Name"),
                expected_version=version_of(known),
                language="en",
                now=self.now,
            )
            assert User.objects.get(pk=known.person_id).email == typed, "the address is corrected"
            assert not SEATING & set(changed_tables(self.rows, fingerprint()))

    @precondition(lambda self: self.seats_at_a_desk("assigned"))
    @rule(n=some, by=some, act=st.sampled_from(list(Act)), where=some)
    def act_on_many(self, n: int, by: int, act: Act, where: int) -> None:
        """Have an act done by jobs on all seats of an account: just those are done that were shown to be possible."""
        account = CustomerAccount.objects.get(pk=one_of(self.seats_at_a_desk("assigned"), n).account_id)
        chosen = Seat.objects.filter(account=account).select_related("batch", "course", "role", "enrolment__role")
        to = one_of(list(Course.objects.order_by("pk")), where) if act == Act.MOVE else None
        self.now += timedelta(minutes=20)
        mails = Mail.objects.count()
        with self.step(f"{act.value} many"), patch.object(running, "CHUNK", 2):
            given = {"account": account, "act": act, "seats": list(chosen.order_by("pk")), "to": to, "now": self.now}
            outcomes = look_at(**given)
            actor = one_of(list(operators_of(account)), by)
            seen = fingerprint_of(act, to, outcomes)
            run = running.start_run(**given, seen=seen, actor=actor, language="en")
            self._all_steps(running.JOB_KIND, running.run_step)
            run.refresh_from_db()
            rows = {row.seat_id: row.step for row in run.rows.all()}
            possible = {each.seat.pk for each in outcomes if each.seat is not None and not each.why_not}
            assert run.state == Run.State.DONE
            assert {pk for pk, step in rows.items() if step == RunRow.Step.DONE} == possible
            states = dict(Seat.objects.filter(pk__in=possible).values_list("pk", "state"))
            assert set(states.values()) <= {"available" if act == Act.RELEASE else "assigned"}, "what is done is done"
            if act == Act.INVITE:
                people = {each.person_id for each in outcomes if not each.why_not}
                assert Mail.objects.count() == mails + len(people), "each person is invited once"
            if act == Act.MOVE:
                assert not Seat.objects.filter(pk__in=possible).exclude(course=to).exists(), "everybody is moved"
        self.reach("seats were freed by an act on many", when=act == Act.RELEASE and bool(possible))

    @precondition(lambda self: self.seats_at_a_desk("available", source="pack"))
    @rule(
        n=some,
        by=some,
        who=st.lists(person, min_size=1, max_size=4),
        course=some,
        mode=st.sampled_from(["all", "valid"]),
    )
    def place_a_list(self, n: int, by: int, who: list[str], course: int, mode: str) -> None:
        """Place people from a list: each on a seat of their own, and no seat is kept when it is over."""
        seat = one_of(self.seats_at_a_desk("available", source="pack"), n)
        account = CustomerAccount.objects.get(pk=seat.account_id)
        rows = [
            PersonRow(line=line, email=world.address(name), first_name=name.title(), last_name="Test")
            for line, name in enumerate(who, 2)
        ]
        with self.step(f"place a list: {mode}"):
            made = make_list(
                account=account,
                operator=one_of(list(operators_of(account)), by),
                rows=rows,
                entry_code=seat.batch.entry_code,
                course=one_of(self.world.courses, course),
                language="en",
                now=self.now,
            )
            start_list(people_list=made, version=made.version, mode=mode, now=self.now)
            self._all_steps("place_list", list_step)
            made.refresh_from_db()
            assert made.state in (PeopleList.State.DRAFT, *PeopleList.OVER)
            assert not Seat.objects.filter(people_list=made).exists(), "no seat is kept by a list that is over"
            placed = made.rows.filter(step=ListRow.Step.PLACED).select_related("seat")
            assert all(row.seat.person_id == row.person_id for row in placed)
            is_whole = all(row.verdict in FINE for row in made.rows.all())
            assert mode == "valid" or not placed or is_whole, "all are placed or nobody"
            self.reach("people were placed from a list", when=len(placed) > 0)

    @precondition(lambda self: self.seats_at_a_desk("assigned"))
    @rule(n=some)
    def lapse(self, n: int) -> None:
        """Let the day pass by which a person had to enter: the seat is free again, or over."""
        seat = one_of(self.seats_at_a_desk("assigned"), n)
        self.arrange(lambda: Seat.objects.filter(pk=seat.pk).update(enter_before=self.now))
        with self.step("lapse"):
            assert lapse_seats(now=self.now) == 1
            after = Seat.objects.get(pk=seat.pk)
            assert after.person_id is None
            assert after.state in ("available", "expired")

    @precondition(lambda self: self.seats_at_a_desk("available", source="pack") and Delegation.objects.exists())
    @rule(n=some, by=some, who=some, course=some)
    def request_placed(self, n: int, by: int, who: int, course: int) -> None:
        """Place somebody who asked their account for a course, on a seat of it."""
        seat = one_of(self.seats_at_a_desk("available", source="pack"), n)
        account = CustomerAccount.objects.get(pk=seat.account_id)
        people = list(Delegation.objects.filter(account=account).select_related("person").order_by("pk"))
        asking = one_of(people, who).person if people else self.world.users["carol"]
        into = one_of(self.world.courses, course)
        with self.step("place a request", Refused), transaction.atomic():
            asked = ask_for_course(
                account=account, person=asking, course=into, words="", language="en", now=self.now
            ) or CourseRequest.objects.get(account=account, person=asking, course=into, state="open")
            accepted = place_request(
                account=account,
                request_id=asked.pk,
                batch_id=seat.batch_id,
                operator=one_of(list(operators_of(account)), by),
                language="en",
                now=self.now,
            )
            asked.refresh_from_db()
            assert asked.state != "open", "a request is answered once"
            assert accepted.seat is None or Seat.objects.get(pk=accepted.seat.pk).person_id == asking.pk

    @precondition(lambda self: self.seats_at_a_desk("available"))
    @rule(n=some, by=some, who=person, course=some)
    def join_by_link(self, n: int, by: int, who: str, course: int) -> None:
        """Take a seat by a link, as somebody who proved the address."""
        seat = one_of(self.seats_at_a_desk("available"), n)
        account = CustomerAccount.objects.get(pk=seat.account_id)
        group, into = seat.batch.group, one_of(self.world.courses, course)
        with self.step("join by a link", Refused), transaction.atomic():
            link = make_link(
                account=account,
                maker=one_of(list(operators_of(account)), by),
                batch=seat.batch if group is None else None,
                group=group,
                course=None,
                has_codes=False,
                places=1,
                domains=[],
                ends_at=self.now + timedelta(days=2),
                now=self.now,
            )
            joined = join(
                entrance=find_entrance(token_of(link.nonce)),
                course_id=into.pk,
                person=PersonTyped(email=world.address(who), first_name=who.title(), last_name="Test"),
                language="en",
                now=self.now,
            )
            sits = Seat.objects.filter(account=account, person__email=world.address(who), course=joined.course)
            assert sits.exists(), "whoever joined sits"

    def _all_steps(self, kind: str, run_step: Callable[[Job, object], None]) -> None:
        """Run the steps of a kind to the end, at the machine's own time."""
        while (job := Job.objects.filter(kind=kind, state="pending").order_by("pk").first()) is not None:
            with transaction.atomic():
                run_step(job, self.now)
            job.delete()
