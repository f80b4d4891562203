"""Availability: what cannot be sold is not on sale, and is again as soon as the cause is mended."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from catalog.models.entries import Entry
from catalog.offers import ReasonCode, buyability
from catalog.on_sale import not_sellable
from catalog.selectors import ANYBODY, get_entry
from catalog.services.checks import check_entry
from catalog.services.entries import save_entry
from catalog.services.recheck import recheck, recheck_due
from common.moments import local_day
from enrolments.courses.models import Course
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.services import save_course
from handlers.contract import Handler, Level, Sold
from handlers.registry import temporary
from tests.catalog.handlers import EveryField, Strict, finding
from tests.factories.accounts import CustomerAccountFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory, RoleFactory
from tests.factories.entry_fields import ask, make_field

pytestmark = pytest.mark.django_db

SESSION, FOR_ONESELF, SEATS = "std_setuponecoursesession", "std_enroloncourse", "std_generateseats"


def today():
    return local_day(timezone.now())


def day(offset: int):
    return today() + timedelta(days=offset)


def hold(course, places):
    return PlaceHold.objects.create(
        course=course, account=CustomerAccountFactory(), order_id=1, line_id=course.pk, places=places,
        held_at=timezone.now(),
    )  # fmt: skip


def reasons(entry, quantity=None) -> list[str]:
    stored = get_entry(code=entry.code, shopper=ANYBODY)
    return [
        each.code for each in buyability(entry=stored, shopper=ANYBODY, now=timezone.now(), quantity=quantity).reasons
    ]


def said(entry, quantity=None, language="en") -> list[str]:
    stored = get_entry(code=entry.code, shopper=ANYBODY)
    with translation.override(language):
        answer = buyability(entry=stored, shopper=ANYBODY, now=timezone.now(), quantity=quantity)
        return [str(each.message) for each in answer.reasons]


def sell(course, handler=SESSION, **parameters) -> Entry:
    return EntryFactory(handler=handler, parameters={"coursename": course.short_name, **parameters})


def change(course, **values):
    """Change columns of a course; a date is given in days from today."""
    dated = {name: day(value) if type(value) is int else value for name, value in values.items()}
    Course.objects.filter(pk=course.pk).update(**dated)


@pytest.mark.parametrize("handler", [SESSION, FOR_ONESELF])
class TestOneCourse:
    def test_an_open_course_is_sold(self, handler):
        assert reasons(sell(CourseFactory(capacity=1), handler)) == []

    @pytest.mark.parametrize(
        ("closed", "opened", "code", "sentence"),
        [
            ({"is_visible": False}, {"is_visible": True}, "course_hidden", "This cannot be bought at the moment."),
            ({"enrolment_closes_on": -1}, {"enrolment_closes_on": 0}, "course_closed", "Enrolment has closed."),
            ({"last_day": -1}, {"last_day": 0}, "course_over", "This course is over."),
        ],
    )
    def test_a_closed_one_is_not_and_is_again_once_it_opens(self, handler, closed, opened, code, sentence):
        course = CourseFactory()
        entry = sell(course, handler)

        change(course, **closed)
        assert (reasons(entry), said(entry)) == ([code], [sentence])
        assert set(not_sellable(now=timezone.now())) == {entry.pk}

        change(course, **opened)
        assert reasons(entry) == []
        assert not_sellable(now=timezone.now()) == {}

    def test_enrolment_that_opens_later_says_when(self, handler):
        course = CourseFactory(enrolment_opens_on=day(40))
        entry = sell(course, handler)
        assert reasons(entry) == ["course_not_yet"]
        assert said(entry)[0].startswith("Enrolment opens on ")
        change(course, enrolment_opens_on=day(0))
        assert reasons(entry) == []

    def test_a_full_one_is_not_and_is_again_once_a_place_is_free(self, handler):
        course = CourseFactory(capacity=2)
        entry = sell(course, handler)
        held = hold(course, 2)
        assert reasons(entry) == ["course_full"]
        assert said(entry) == ["This course is full at the moment."]
        assert said(entry, language="fr") == ["Ce cours est complet pour le moment."]

        PlaceHold.objects.filter(pk=held.pk).update(released_at=timezone.now())
        assert reasons(entry) == []

        change(course, capacity=None)
        hold(CourseFactory(), 5)
        assert reasons(entry) == []

    def test_a_missing_one_is_not_until_it_is_made(self, handler):
        entry = EntryFactory(handler=handler, parameters={"coursename": "LATER-1"})
        recheck([entry.pk], now=timezone.now())
        assert reasons(entry) == ["course_missing"]
        CourseFactory(short_name="later-1")
        assert reasons(entry) == []

    def test_a_renamed_one_is_sold_by_its_former_name(self, handler):
        course = CourseFactory(short_name="OLD-1")
        entry = sell(course, handler)
        course.short_name = "NEW-1"
        save_course(course=course)
        assert reasons(entry) == []

    def test_one_that_is_deleted_is_missing(self, handler):
        course = CourseFactory()
        entry = sell(course, handler)
        assert reasons(entry) == []
        course.delete()
        assert reasons(entry) == ["course_missing"]

    def test_a_past_end_is_over_and_sold_again_with_a_later_one(self, handler):
        entry = sell(CourseFactory(), handler, endtime=day(-1).isoformat())
        recheck([entry.pk], now=timezone.now())
        assert reasons(entry) == ["period_over"]
        entry.refresh_from_db()
        entry.parameters["endtime"] = day(10).isoformat()
        save_entry(entry=entry, expected_version=entry.version, now=timezone.now())
        assert reasons(entry) == []

    def test_an_end_before_the_course_begins_leaves_nothing_to_sell(self, handler):
        course = CourseFactory(first_day=day(20))
        assert reasons(sell(course, handler, endtime=day(10).isoformat())) == ["period_over"]


class TestPlacesLeft:
    def test_a_larger_quantity_is_told(self):
        course = CourseFactory(capacity=5)
        entry = sell(course)
        hold(course, 2)
        assert reasons(entry, quantity=3) == []
        assert said(entry, quantity=4) == ["Only 3 places are left."]
        hold_more = hold(CourseFactory(), 1)
        PlaceHold.objects.filter(pk=hold_more.pk).update(course=course, places=2)
        assert said(entry, quantity=2) == ["Only one place is left."]
        assert said(entry, quantity=2, language="fr") == ["Il ne reste plus qu’une place."]

    def test_fewer_places_than_the_smallest_quantity_are_too_few(self):
        course = CourseFactory(capacity=3)
        entry = EntryFactory(handler=SESSION, parameters={"coursename": course.short_name}, min_quantity=5)
        assert reasons(entry) == ["course_full"]
        assert said(entry) == ["Only 3 places are left."]

    def test_a_role_that_takes_no_place_is_sold_in_a_full_course(self):
        observer = RoleFactory(kind="supervisor")
        course = CourseFactory(capacity=1)
        hold(course, 1)
        assert reasons(sell(course, FOR_ONESELF, role="teacher")) == []
        assert reasons(sell(course, FOR_ONESELF, role=observer.code)) == []
        assert reasons(sell(course, FOR_ONESELF, role="tutor")) == ["course_full"]


class TestSeats:
    def entry(self, course_list):
        return EntryFactory(handler=SEATS, parameters={"courselist": course_list})

    def test_one_open_course_of_the_list_is_enough(self):
        CourseFactory(short_name="SEC-1", is_visible=False)
        course = CourseFactory(short_name="SEC-2")
        entry = self.entry("sec-*, BUR-1")
        assert reasons(entry) == []
        change(course, enrolment_closes_on=day(-1))
        assert reasons(entry) == ["no_open_course"]
        CourseFactory(short_name="BUR-1")
        assert reasons(entry) == []

    def test_full_courses_are_not_open(self):
        course = CourseFactory(short_name="SEC-1", capacity=1)
        entry = self.entry("SEC-1")
        held = hold(course, 1)
        assert reasons(entry) == ["no_open_course"]
        held.delete()
        assert reasons(entry) == []

    def test_a_former_name_counts(self):
        CourseFactory(short_name="NEW", former_names=["OLD_1"])
        assert reasons(self.entry("old_1")) == []
        assert reasons(self.entry("oldx1")) == ["no_open_course"]

    def test_an_empty_list_promises_no_course(self):
        assert reasons(self.entry("")) == []
        assert reasons(self.entry(" , ")) == []


class TestErrorsOfTheCheck:
    def test_are_stored_when_the_entry_is_saved_and_gone_when_it_is_mended(self, monkeypatch):
        with temporary(EveryField):
            entry = EntryFactory(handler="ext_everyfield", handler_version=3)
            monkeypatch.setattr(EveryField, "findings", [finding("error", "wrong"), finding("warning", "odd")])
            save_entry(entry=entry, expected_version=1, now=timezone.now())
            entry.refresh_from_db()
            assert entry.faults == [{"field": "", "message": {"en": "wrong", "fr": "wrong"}}]
            assert reasons(entry) == ["faulty"]
            assert said(entry) == ["This cannot be bought at the moment."]

            monkeypatch.setattr(EveryField, "findings", [finding("warning", "odd")])
            save_entry(entry=entry, expected_version=2, now=timezone.now())
            assert reasons(entry) == []

    def test_of_another_version_of_the_handler_count_no_more(self, monkeypatch):
        with temporary(EveryField):
            entry = EntryFactory(handler="ext_everyfield", handler_version=3, faults=[{}], faults_version=3)
            assert reasons(entry) == ["faulty"]
            monkeypatch.setattr(EveryField, "version", 4)
            assert reasons(entry) == []

    def test_a_handler_that_is_missing_and_comes_back(self):
        entry = EntryFactory(handler="ext_everyfield", handler_version=3)
        recheck([entry.pk], now=timezone.now())
        assert reasons(entry) == ["no_handler"]
        with temporary(EveryField):
            assert reasons(entry) == []

    def test_a_course_that_is_saved_checks_the_entries_that_name_it(
        self, monkeypatch, django_capture_on_commit_callbacks
    ):
        course = CourseFactory(short_name="SEC-1")
        monkeypatch.setattr(Strict, "courses", lambda self, params: ["sec-1"])
        monkeypatch.setattr(Strict, "courses_to_lock", lambda self, params: ["sec-1"])
        with temporary(Strict):
            monkeypatch.setattr(Strict, "check", lambda self, entry: [finding("error", "the course has no link")])
            entry = EntryFactory(handler="ext_strict")
            recheck([entry.pk], now=timezone.now())
            assert reasons(entry)[0] == "faulty"
            monkeypatch.setattr(Strict, "check", lambda self, entry: [])
            with django_capture_on_commit_callbacks(execute=True):
                save_course(course=course)
            assert "faulty" not in reasons(entry)

    def test_are_looked_for_from_time_to_time_and_more_often_where_there_are_some(self, monkeypatch):
        now = timezone.now()
        moment = timedelta(microseconds=1)
        sound = EntryFactory(checked_at=now - timedelta(minutes=5) + moment)
        known = EntryFactory(checked_at=now - timedelta(seconds=30) + moment, faults=[{}])
        faulty = EntryFactory(checked_at=now - timedelta(seconds=30), faults=[{}])
        old, new = EntryFactory(checked_at=now - timedelta(minutes=5)), EntryFactory()
        EntryFactory(state="retired")
        assert recheck_due(now=now) == 3
        assert recheck_due(now=now) == 0
        assert reasons(faulty) == []
        for entry in (faulty, old, new):
            entry.refresh_from_db()
            assert entry.checked_at == now
        for entry in (sound, known):
            entry.refresh_from_db()
            assert entry.checked_at != now

    def test_an_entry_saved_while_it_was_checked_keeps_what_that_save_found(self, monkeypatch):
        entry = EntryFactory()

        def meanwhile(checked):
            Entry.objects.filter(pk=entry.pk).update(version=2, faults=[{"field": "", "message": {}}])
            return []

        monkeypatch.setattr("catalog.services.recheck.find_faults", meanwhile)
        recheck([entry.pk], now=timezone.now())
        entry.refresh_from_db()
        assert entry.faults != []

    def test_a_required_day_that_can_no_longer_be_chosen_closes_the_sale_by_itself(self):
        entry = ask(EntryFactory(), make_field("day", "date", is_required=True, latest=today()))
        recheck([entry.pk], now=timezone.now())
        entry.refresh_from_db()
        answer = buyability(entry=entry, shopper=ANYBODY, now=timezone.now())
        assert answer.reasons == ()
        later = buyability(entry=entry, shopper=ANYBODY, now=timezone.now() + timedelta(days=1))
        assert [each.code for each in later.reasons] == [ReasonCode.FAULTY]

    @pytest.mark.parametrize(
        "answer", [lambda: 1 / 0, lambda: None, lambda: Sold(courses=[None]), lambda: Sold(courses=["\0"])]
    )
    def test_a_handler_that_fails_to_say_what_it_sells_hurts_its_own_entry_alone(self, monkeypatch, answer):
        class Failing(Handler):
            name = "ext_failing"
            label = "Failing"

            def sold(self, params):
                return answer()

        with temporary(Failing):
            broken, sound = EntryFactory(handler="ext_failing"), EntryFactory()
            assert reasons(broken) == ["handler_fails"]
            assert reasons(sound) == []
            assert set(not_sellable(now=timezone.now())) == {broken.pk}
            assert [each.level for each in check_entry(broken)] == [Level.ERROR]


def test_the_check_tells_the_words_that_customers_read():
    course = CourseFactory(enrolment_closes_on=day(-1))
    with translation.override("en"):
        told = [str(each.message) for each in check_entry(sell(course)) if each.level is Level.WARNING]
    assert "Not on sale for the moment. Customers read: “Enrolment has closed.”" in told


def test_any_number_of_entries_costs_few_queries(django_assert_num_queries):
    role = RoleFactory(kind="supervisor")
    for number in range(6):
        sell(CourseFactory(capacity=number + 1))
        sell(CourseFactory(capacity=number + 1), FOR_ONESELF, role=role.code)
        EntryFactory(handler=SEATS, parameters={"courselist": f"SEC-{number}*"})

    with django_assert_num_queries(5):  # entries, prices, courses, lists, roles
        assert len(not_sellable(now=timezone.now())) == 6
