"""std_generateseats: unassigned seats in the customer account, on the terms of the entry as it was sold."""

import datetime
from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.utils import timezone, translation

from enrolments.courses.places.models import PlaceHold
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat, SeatState
from handlers.contract import Level, Refusal, RevokeReason
from handlers.registry import get_handler
from handlers.testing import (
    account_with_operator,
    claim,
    deliver,
    line_context,
    parameters,
    place,
    revoke,
    units,
    visitor_line,
)
from tests.factories.enrolments import CourseFactory, RoleFactory

pytestmark = pytest.mark.django_db

NAME = "std_generateseats"
NOW = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.UTC)


def sold(quantity=3, **typed):
    account, operator = account_with_operator()
    return line_context(NAME, account=account, operator=operator, units=units(blank=quantity), typed=typed, now=NOW)


def findings(**typed):
    entry = SimpleNamespace(
        code="PACK", parameters=parameters(NAME, **typed), min_quantity=1, max_quantity=None, audience="everyone"
    )
    with translation.override("en"):
        return [(str(found.level), found.field, str(found.message)) for found in get_handler(NAME).check(entry)]


def test_payment_makes_packsize_seats_for_each_unit_in_the_customer_account():
    line = sold(quantity=3, packsize="5")

    place(NAME, line)
    assert not Seat.objects.exists()
    deliver(NAME, line)

    seats = Seat.objects.filter(account=line.account, state=SeatState.AVAILABLE, person=None, course=None)
    assert seats.count() == Seat.objects.count() == 15
    assert sorted(seats.values_list("unit_index", "number")) == [
        (unit.index, number) for unit in line.units for number in range(1, 6)
    ]
    assert SeatEvent.objects.filter(to_state=SeatState.AVAILABLE, reason="sold").count() == 15
    assert not Enrolment.objects.exists()


def test_what_the_entry_says_is_frozen_on_the_seats():
    line = sold(
        courselist="SEC-*, BUR-01",
        validity="365",
        duration="30",
        starttime="2026-04-01",
        endtime="2026-12-31",
    )
    paid = replace(line, paid_at=NOW - datetime.timedelta(days=1))

    deliver(NAME, paid)

    batch = SeatBatch.objects.get()
    assert batch.course_list == "SEC-*, BUR-01"
    assert batch.supervisor_role.code == "teacher"
    assert batch.duration_days == 30
    assert batch.starts_at == datetime.datetime(2026, 3, 31, 22, tzinfo=datetime.UTC)
    assert batch.ends_at == datetime.datetime(2026, 12, 31, 23, tzinfo=datetime.UTC)
    assert batch.sold_at == paid.paid_at
    assert (batch.entry_code, batch.entry_name["fr"]) == ("ENTRY", "Un article")
    assert (batch.order_id, batch.order_number, batch.line_id) == (line.order_id, line.order_number, line.line_id)


def test_validity_counts_days_from_payment_by_the_calendar():
    line = replace(sold(validity="30"), paid_at=NOW - datetime.timedelta(hours=3))

    deliver(NAME, line)

    # Summer time begins in between: 06:00 UTC is 07:00 in Paris on 2 March and 08:00 on 1 April.
    assert SeatBatch.objects.get().valid_until == datetime.datetime(2026, 4, 1, 5, 0, tzinfo=datetime.UTC)


def test_the_days_to_enter_and_of_reminders_are_frozen_on_the_seats_too():
    deliver(NAME, sold(startbefore="30", remind="14,3"))

    batch = SeatBatch.objects.get()
    assert (batch.start_before_days, batch.remind_days) == (30, [14, 3])


def test_without_such_days_people_enter_when_they_like_and_are_reminded_as_usual():
    deliver(NAME, sold())

    batch = SeatBatch.objects.get()
    assert (batch.start_before_days, batch.remind_days) == (None, [90, 30, 7])


def test_without_validity_seats_stay_assignable():
    deliver(NAME, sold())
    assert SeatBatch.objects.get().valid_until is None


def test_the_supervisor_s_role_may_be_the_merchant_s_own():
    role = RoleFactory(code="coach")
    deliver(NAME, sold(supervisor="coach"))
    assert SeatBatch.objects.get().supervisor_role == role


def test_nothing_is_held_before_payment_even_if_every_course_is_closed():
    CourseFactory(short_name="SEC-01", is_visible=False)
    line = sold(courselist="SEC-*")

    place(NAME, line)

    assert not PlaceHold.objects.exists()


def test_seats_whose_period_is_over_are_not_sold():
    with translation.override("en"), pytest.raises(Refusal, match="“An entry” is over"):
        place(NAME, sold(endtime="2026-03-01"))
    place(NAME, sold(endtime="2026-03-02"))


@pytest.mark.parametrize("role", ["coach", "student"])
def test_an_entry_whose_role_is_missing_or_no_supervisor_s_is_not_sold(role):
    with translation.override("en"), pytest.raises(Refusal, match=f"its role “{role}” is not set up"):
        place(NAME, sold(supervisor=role))


def test_given_back_units_make_no_seats():
    line = sold(quantity=3, packsize="2")
    rest = replace(line, units=line.units[1:])

    deliver(NAME, rest)

    assert Seat.objects.count() == 4


def test_the_operator_is_enrolled_in_the_support_course():
    support = CourseFactory(short_name="HELP")
    line = sold(customersupport="help")

    feedback = deliver(NAME, line)

    enrolment = Enrolment.objects.get()
    assert (enrolment.course, enrolment.user, enrolment.role.code) == (support, line.operator, "student")
    ground = Ground.objects.get()
    assert (ground.kind, ground.line_id, ground.account) == (Ground.Kind.SUPPORT, line.line_id, line.account)
    with translation.override("en"):
        assert "finds help in the support course" in str(feedback.customer)


@pytest.mark.parametrize(
    ("course", "told"),
    [
        ({"is_visible": False}, "The support course is closed: the customer is not enrolled there."),
        ({"capacity": 1}, "The support course is full: the customer is not enrolled there."),
        (None, "The support course does not exist: the customer is not enrolled there."),
    ],
)
def test_a_support_course_without_room_fails_nothing_and_the_sales_team_is_told(course, told):
    if course is not None:
        support = CourseFactory(short_name="HELP", **course)
        if support.capacity:
            deliver(NAME, sold(customersupport="HELP"))
    line = sold(customersupport="HELP")

    feedback = deliver(NAME, line)

    assert Seat.objects.filter(account=line.account).count() == 3
    with translation.override("en"):
        assert told in str(feedback.sales)
        assert "support" not in str(feedback.public)
        assert "support" not in str(feedback.customer)


def test_a_visitor_s_order_is_delivered_and_its_support_course_waits_for_the_claim():
    CourseFactory(short_name="HELP")
    line = visitor_line(NAME, units=units(blank=2), typed={"customersupport": "HELP"}, now=NOW)

    deliver(NAME, line)
    assert Seat.objects.filter(account=line.account).count() == 2
    assert not Enrolment.objects.exists()

    _account, claimant = account_with_operator()
    claim(NAME, line, claimant=claimant)
    assert Enrolment.objects.get().user == claimant


def test_ten_seats_or_ten_thousand_take_the_same_few_statements(django_assert_max_num_queries):
    CourseFactory(short_name="HELP")
    counts = []
    for quantity, packsize in ((10, 1), (500, 20)):
        line = sold(quantity=quantity, packsize=str(packsize), customersupport="HELP")
        with django_assert_max_num_queries(25) as captured:
            deliver(NAME, line)
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert Seat.objects.count() == 10_010


def test_feedback_tells_how_many_seats_and_until_when():
    with translation.override("en"):
        feedback = deliver(NAME, sold(quantity=2, packsize="5", courselist="SEC-*", validity="365"))
        assert str(feedback.public) == (
            "10 seats are ready in the customer account. Its operators choose the person and the course of each seat, "
            "whenever they like. The seats can be assigned until 2 March 2027, 10:00."
        )
        assert "They may be used for these courses: SEC-*." in str(feedback.sales)


def test_refunded_units_lose_their_seats_and_the_others_keep_theirs():
    line = sold(quantity=3, packsize="2")
    deliver(NAME, line)

    with translation.override("en"):
        feedback = revoke(NAME, line, units=line.units[:1])
        assert str(feedback.sales) == "2 seats were taken back, 4 left of this line."

    assert set(Seat.objects.filter(state=SeatState.REVOKED).values_list("unit_index", flat=True)) == {0}
    assert Seat.objects.filter(state=SeatState.AVAILABLE).count() == 4


def test_the_support_course_goes_with_the_last_unit():
    CourseFactory(short_name="HELP")
    line = sold(quantity=2, customersupport="HELP")
    deliver(NAME, line)

    revoke(NAME, line, units=line.units[:1])
    assert Enrolment.objects.get().closed_at is None
    revoke(NAME, line, units=line.units[1:])
    assert Enrolment.objects.get().closed_at == NOW


def test_an_order_that_ends_unpaid_had_made_nothing():
    line = sold()
    place(NAME, line)
    revoke(NAME, line, why=RevokeReason.UNPAID)
    assert not SeatBatch.objects.exists()


def test_the_merchant_is_told_what_each_pattern_means_today():
    CourseFactory(short_name="SEC-01")
    CourseFactory(short_name="SEC-02")
    CourseFactory(short_name="SEC-OLD", is_visible=False)
    CourseFactory(short_name="HID-1", is_visible=False)
    CourseFactory(short_name="BUR-01", name_en="Spreadsheets")

    assert findings(courselist="sec-*, bur-01, NONE-*, HID-*") == [
        ("info", "courselist", "3 courses match “sec-*” today: SEC-01, SEC-02, SEC-OLD."),
        ("info", "courselist", "“bur-01” is the course “Spreadsheets”."),
        ("warning", "courselist", "No course matches “NONE-*” today."),
        ("warning", "courselist", "1 course matches “HID-*”, but it is not open today: HID-1."),
    ]


def test_the_merchant_is_told_what_an_empty_list_means():
    CourseFactory()
    CourseFactory(is_visible=False)
    assert findings() == [("info", "courselist", "The seats may be used for every open course: 1 today.")]


def test_a_long_list_of_courses_is_cut_short():
    for number in range(12):
        CourseFactory(short_name=f"SEC-{number:02}")
    [(_level, _field, message)] = findings(courselist="SEC-*")
    assert message.startswith("12 courses match “SEC-*” today: SEC-00, SEC-01,")
    assert message.endswith("SEC-09 and others.")


def test_the_merchant_is_told_of_roles_courses_and_dates_that_cannot_be():
    CourseFactory(short_name="SHUT", name_en="Help desk", is_visible=False)
    soon = timezone.now() + datetime.timedelta(days=1)

    assert findings(supervisor="coach")[1:] == [("error", "supervisor", "The role “coach” does not exist.")]
    assert findings(supervisor="student")[1:] == [
        ("error", "supervisor", "The role “student” does not fit here: it is the role of a learner.")
    ]
    [unknown] = findings(customersupport="NONE")[1:]
    assert unknown[:2] == ("warning", "customersupport")
    [closed] = findings(customersupport="SHUT")[1:]
    assert closed[2].startswith("The support course “Help desk” is closed or full")
    [past] = findings(endtime="2020-01-01")[1:]
    assert past[:2] == ("error", "endtime")
    [started] = findings(starttime="2020-01-01", endtime=soon.isoformat(timespec="seconds"))[1:]
    assert started[:2] == ("info", "starttime")


def test_reversed_dates_are_an_error_at_the_end_and_found_in_old_entries_too():
    form = get_handler(NAME).MerchantForm({"starttime": "2026-05-01", "endtime": "2026-04-01"})
    assert list(form.errors) == ["endtime"]

    entry = SimpleNamespace(code="PACK", parameters={"starttime": "2026-05-01", "endtime": "2026-04-01"})
    found = [finding for finding in get_handler(NAME).check(entry) if finding.field == "endtime"]
    assert [finding.level for finding in found] == [Level.ERROR]


def test_one_day_is_a_period():
    assert get_handler(NAME).MerchantForm({"starttime": "2026-05-01", "endtime": "2026-05-01"}).is_valid()


def test_the_shop_can_ask_how_many_seats_a_unit_makes():
    assert get_handler(NAME).units_made(parameters(NAME, packsize="7")) == 7
    assert get_handler(NAME).courses(parameters(NAME, customersupport="HELP")) == ()
    assert get_handler(NAME).courses_to_lock(parameters(NAME, customersupport="HELP")) == ["HELP"]
