"""Waiting lists: waiting, offers in turn, and what becomes of an offer."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from accounts.members.models import CustomerAccount
from accounts.members.rights import operators_of
from accounts.people.services import PersonTyped
from common.refusals import Refused
from enrolments.courses.models import Course
from enrolments.courses.places.services import free, taken
from enrolments.grounds.by_hand import end_by_hand
from enrolments.grounds.models import Enrolment
from enrolments.seats.assign import assign_seat
from enrolments.seats.release import release_seat
from enrolments.waiting.models import WaitingPlace
from enrolments.waiting.selectors import seats_for_course
from enrolments.waiting.services import give_up, offer_free_places, wait_as_account, wait_as_person
from tests.trials.any_sequence import world
from tests.trials.any_sequence.choices import often, one_of, person, some
from tests.trials.any_sequence.frame import Frame

State = WaitingPlace.State


class Waiting(Frame):
    """Steps of those who wait for a place, and of the clock that offers it."""

    @precondition(lambda self: self.full_courses())
    @rule(n=some, who=st.sampled_from(world.MEMBERS), is_freed=often)
    def wait_alone(self, n: int, who: str, is_freed: bool) -> None:
        """Wait as a person; often somebody leaves the course afterwards."""
        course = one_of(self.full_courses(), n)
        with self.step("wait for a place", Refused):
            given = {"person": self.world.users[who], "entry_code": "", "language": "en", "now": self.now}
            place = wait_as_person(course=course, **given)
            assert place.is_open
        if is_freed:
            self._free_a_place(course, n)

    @precondition(lambda self: self.waited_with_seats())
    @rule(n=some, by=some, places=st.sampled_from([1, 1, 2, 3]), is_freed=often)
    def wait_for_seats(self, n: int, by: int, places: int, is_freed: bool) -> None:
        """Wait as an account, for as many places as it has seats for; often somebody leaves the course afterwards."""
        account, course = one_of(self.waited_with_seats(), n)
        with self.step("wait for places", Refused):
            place = wait_as_account(
                account=account,
                course=course,
                places=places,
                operator=one_of(list(operators_of(account)), by),
                language="en",
                now=self.now,
            )
            assert (place.state, place.places) == (State.WAITING, places)
        if is_freed:
            self._free_a_place(course, n)

    def _free_a_place(self, course: Course, n: int) -> None:
        """Take somebody off a course who sits there, or was enrolled by hand, and have the place offered."""
        seats = [seat for seat in self.seats_in("assigned") if seat.course_id == course.pk]
        by_hand = [enrolment for enrolment in self.by_hand if enrolment.course_id == course.pk]
        with self.step("free a place that is waited for", Refused):
            if seats:
                seat = one_of(seats, n)
                account = CustomerAccount.objects.get(pk=seat.account_id)
                release_seat(account=account, seat_id=seat.pk, actor=self.world.users["bob"], now=self.now)
            elif by_hand:
                end_by_hand(enrolment=one_of(by_hand, n), reason="Done.", now=self.now)
            self._offer()

    def waited_with_seats(self) -> list[tuple[CustomerAccount, Course]]:
        """Return the accounts with free seats for full courses."""
        accounts = [self.world.accounts[name] for name in ("alice", "carol")]
        return [
            (account, course)
            for course in self.full_courses()
            for account in accounts
            if seats_for_course(account, course, now=self.now)
        ]

    def full_courses(self) -> list[Course]:
        """Return the courses without a place for whoever has no offer."""
        courses = list(Course.objects.filter(capacity__isnull=False).order_by("pk"))
        left = free([course.pk for course in courses])
        return [course for course in courses if left[course.pk] == 0]

    @precondition(lambda self: WaitingPlace.objects.open().exists())
    @rule()
    def offer(self) -> None:
        """Offer what is free, in turn, and no more than is free: then nobody waits beside a free place."""
        with self.step("offer places"):
            self._offer()

    def _offer(self) -> None:
        offers = WaitingPlace.objects.filter(state=State.OFFERED)
        before = set(offers.values_list("pk", flat=True))
        offer_free_places(now=self.now)
        self.reach("a place was offered", when=offers.exclude(pk__in=before).exists())
        waited = Course.objects.open_at(self.now).filter(
            pk__in=WaitingPlace.objects.waiting().order_by().values("course"), capacity__isnull=False
        )
        counts = taken(waited.values_list("pk", flat=True))
        assert all(counts[each.pk] >= (each.capacity or 0) for each in waited), "nobody waits beside a free place"
        assert not offers.filter(offer_ends_at__lte=self.now).exists(), "an offer is not kept after its end"

    @precondition(lambda self: WaitingPlace.objects.on_offer_at(self.now).exists())
    @rule(n=some, seat=some, who=person, by=some)
    def take_offer(self, n: int, seat: int, who: str, by: int) -> None:
        """Take an offered place by a seat: of the account that has the offer, or of any for the person who has it."""
        offer = one_of(list(WaitingPlace.objects.on_offer_at(self.now).select_related("course", "person")), n)
        claimed = [each for each in self.seats_in("available") if self.has_desk(each) and not each.batch.group_id]
        own = [each for each in claimed if offer.account_id in (None, each.account_id)]
        if not own:
            return
        taken_seat = one_of(own, seat)
        account = CustomerAccount.objects.get(pk=taken_seat.account_id)
        email = offer.person.email if offer.person is not None else world.address(who)
        is_in = Enrolment.objects.taking_places().filter(course=offer.course, user__email=email).exists()
        mine = WaitingPlace.objects.filter(course=offer.course)
        mine = mine.filter(person__email=email) | mine.filter(account=account)
        left = sum(each.left for each in mine.filter(state=State.OFFERED))
        with self.step("take an offer", Refused):
            assigned = assign_seat(
                account=account,
                seat_id=taken_seat.pk,
                course=offer.course,
                person=PersonTyped(email=email, first_name="Ada", last_name="Test"),
                operator=one_of(list(operators_of(account)), by),
                language="en",
                now=self.now,
            )
            still = sum(each.left for each in mine.filter(state=State.OFFERED))
            assert still == left - (assigned.is_used and not is_in), "one place of an offer is used up"
            self.reach("an offered place was taken", when=still < left)

    @precondition(lambda self: WaitingPlace.objects.open().exists())
    @rule(n=some, by=some)
    def decline(self, n: int, by: int) -> None:
        """Leave the list, or decline what was offered, which goes to the next."""
        place = one_of(list(WaitingPlace.objects.open().order_by("pk")), n)
        operators = list(operators_of(CustomerAccount(pk=place.account_id))) if place.account_id else []
        with self.step("leave a waiting list", Refused):
            give_up(place=place, now=self.now, operator=one_of(operators, by) if operators else None)
            rows = WaitingPlace.objects.open().filter(
                course=place.course_id, person=place.person_id, account=place.account_id
            )
            assert not rows.exists(), "whoever leaves waits no more"
            self.reach("an offer was declined", when=place.is_offered)
            self.reach("somebody left before any offer", when=not place.is_offered)

    @precondition(lambda self: WaitingPlace.objects.filter(state=State.OFFERED).exists())
    @rule(n=some)
    def let_offer_lapse(self, n: int) -> None:
        """Let an offer's time pass: it is over, and its places go to the next."""
        place = one_of(list(WaitingPlace.objects.filter(state=State.OFFERED).order_by("pk")), n)
        assert place.offer_ends_at is not None
        self.now = max(self.now, place.offer_ends_at)
        with self.step("let an offer lapse"):
            self._offer()
            place.refresh_from_db()
            assert place.state == State.LAPSED, "an offer lapses"
