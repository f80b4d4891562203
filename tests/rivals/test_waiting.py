"""At the same moment.

A place that others wait for: against a checkout, and, once it is offered, against the end of the offer.
"""

from datetime import timedelta

from django.utils import timezone

from enrolments.courses.places import offers
from enrolments.courses.places import services as places
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.offers import Claim
from enrolments.courses.places.services import hold_places, taken
from enrolments.waiting import services as waiting
from enrolments.waiting.models import WaitingPlace
from enrolments.waiting.services import offer_free_places
from tests.enrolments.given import new_line
from tests.enrolments.waiting.given import frees, full_course, waits
from tests.factories.accounts import CustomerAccountFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart
from tests.rivals.given import buying, session_entry
from tests.rivals.processes import Rival, errors_among, no_row_locks, race


def states():
    return list(WaitingPlace.objects.order_by("pk").values_list("state", flat=True))


def freed_and_waited_for(course=None):
    """Return a course with a free place that somebody waits for, not offered yet."""
    course, [seat] = full_course(course=course, now=timezone.now())
    waits(course, now=timezone.now())
    frees(seat, now=timezone.now())
    return course


def checkout_holds(course, *, user_id=None, now=None):
    line, now = new_line(CustomerAccountFactory()), now or timezone.now()
    return lambda: hold_places(course=course, line=line, places=1, now=now, user_id=user_id)


def test_a_checkout_never_gets_a_place_that_others_wait_for(trial):
    rounds = trial.size(2, 10)
    for number in range(rounds):
        course = CourseFactory(capacity=1)
        cart = make_cart(session_entry(course))
        freed_and_waited_for(course)
        rivals = [buying(cart, f"buyer{number}@example.org"), checkout_holds(course)]
        answers = race(*rivals, lambda: offer_free_places(now=timezone.now()), in_turn=number % 2 == 1)
        assert errors_among(answers) == ["CourseFull", "HandlerRefused"]
        assert (states(), taken([course.pk])) == (["offered"], {course.pk: 1})
        WaitingPlace.objects.all().delete()
    trial.note("checkouts for a place that others wait for", rounds * 2)


def without_the_queue():
    places.claim_in = lambda *_courses, **_claim: Claim({})


def test_control_without_the_count_before_the_place_goes_past_who_waits():
    course = freed_and_waited_for()

    held, _offered = race(
        checkout_holds(course), lambda: offer_free_places(now=timezone.now()), in_turn=True, without=without_the_queue
    )

    assert held.error == ""
    assert states() == ["waiting"]


def taken_as_it_ends(**how):
    """Race the person who has an offer, in its last moment, against its end; somebody else is next."""
    now = timezone.now()
    course, [seat] = full_course(now=now)
    first = waits(course, now=now)
    waits(course, now=now + timedelta(minutes=1))
    frees(seat, now=now)
    offer_free_places(now=now)
    held, ended = race(
        Rival(checkout_holds(course, user_id=first.person_id, now=now), after=[(offers, "_offers_to")]),
        Rival(lambda: offer_free_places(now=now + timedelta(days=3)), after=[(waiting, "taken")]),
        **how,
    )
    assert ended.error == ""
    return course, held.error


def test_an_offer_is_taken_or_ends(trial):
    rounds = trial.size(2, 10)
    for number in range(rounds):
        course, error = taken_as_it_ends(in_turn=number % 2 == 1)
        outcome = ["lapsed", "offered"] if error else ["taken", "waiting"]
        assert (states(), error in ("", "CourseFull")) == (outcome, True)
        assert taken([course.pk]) == {course.pk: 1}
        WaitingPlace.objects.all().delete()
    trial.note("offers taken as they end", rounds)


def test_control_without_the_courses_lock_both_get_the_place():
    course, error = taken_as_it_ends(without=no_row_locks)

    assert error == ""
    assert PlaceHold.objects.live().count() == 1
    assert taken([course.pk]) == {course.pk: 2}
