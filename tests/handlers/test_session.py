"""std_setuponecoursesession: one purchase sets a whole session up."""

import datetime
from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.utils import translation

from accounts.models import Delegation, User
from enrolments.models import CourseGroup, Enrolment, Ground, PlaceHold, Role, Seat, SeatState
from enrolments.services.courses import save_course
from enrolments.services.places import free
from enrolments.services.seats.enter import enter_course
from handlers.contract import Refusal, RevokeReason
from handlers.registry import get_handler
from outbox.models import Mail
from tests.factories.accounts import UserFactory
from tests.factories.enrolments import CourseFactory, RoleFactory
from tests.factories.handlers import (
    account_with_operator,
    claim,
    deliver,
    line_context,
    parameters,
    participant,
    place,
    revoke,
    units,
    visitor_line,
)

pytestmark = pytest.mark.django_db

NAME = "std_setuponecoursesession"
NOW = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.UTC)


@pytest.fixture
def course():
    return CourseFactory(short_name="SEC-01", name_en="Fire safety", capacity=10)


def sold(*answers, blank=0, account=None, operator=None, order_id=None, **typed):
    if account is None:
        account, operator = account_with_operator()
    return line_context(
        NAME,
        account=account,
        operator=operator,
        units=units(*answers, blank=blank),
        typed={"coursename": "SEC-01"} | typed,
        now=NOW,
        order_id=order_id,
    )


def buy(line):
    """Placed and delivered."""
    place(NAME, line)
    return deliver(NAME, line)


def in_english(text):
    with translation.override("en"):
        return str(text)


def people_in(course, role):
    enrolments = Enrolment.objects.filter(course=course, role__code=role, closed_at=None)
    return sorted(enrolments.values_list("user__email", flat=True))


# Before payment


def test_a_place_is_held_for_every_unit_from_checkout_on(course):
    line = sold(participant("ada@example.org"), blank=2)

    place(NAME, line)

    assert PlaceHold.objects.get().places == 3
    assert free([course.pk]) == {course.pk: 7}
    assert not Seat.objects.exists()
    assert not User.objects.filter(email="ada@example.org").exists()


def test_too_few_places_are_refused_with_the_number_that_is_left(course):
    place(NAME, sold(blank=8))

    with pytest.raises(Refusal) as refused:
        place(NAME, sold(blank=3))

    assert in_english(refused.value) == (
        "Only 2 places are left in the course “Fire safety”. Lower the quantity, or ask us about other dates."
    )
    assert free([course.pk]) == {course.pk: 2}


def test_a_full_course_is_refused(course):
    place(NAME, sold(blank=10))
    with pytest.raises(Refusal) as refused:
        place(NAME, sold(blank=1))
    assert in_english(refused.value).startswith("The course “Fire safety” is full.")


def test_the_refusal_speaks_the_customer_s_language(course):
    place(NAME, sold(blank=10))
    with pytest.raises(Refusal) as refused:
        place(NAME, sold(blank=1))
    assert sorted(refused.value.in_every_language()) == ["en", "fr"]
    assert "Cours SEC-01" in refused.value.in_every_language()["fr"]


@pytest.mark.parametrize(
    "closed",
    [
        {"is_visible": False},
        {"enrolment_opens_on": datetime.date(2026, 3, 3)},
        {"enrolment_closes_on": datetime.date(2026, 3, 1)},
        {"last_day": datetime.date(2026, 3, 1)},
    ],
)
def test_a_course_that_is_not_open_is_not_sold(closed):
    CourseFactory(short_name="SEC-01", **closed)
    with pytest.raises(Refusal):
        place(NAME, sold(blank=1))
    assert not PlaceHold.objects.exists()


def test_an_entry_whose_course_does_not_exist_is_not_sold():
    with pytest.raises(Refusal) as refused:
        place(NAME, sold(blank=1, coursename="NONE"))
    assert in_english(refused.value).startswith("“An entry” cannot be had for the moment")


def test_a_session_that_would_be_over_is_not_sold(course):
    with pytest.raises(Refusal):
        place(NAME, sold(blank=1, endtime="2026-03-01"))


@pytest.mark.parametrize("role", ["coach", "student"])
def test_the_operator_s_role_must_be_a_supervisor_s(course, role):
    with pytest.raises(Refusal):
        place(NAME, sold(blank=1, supervisor=role))


def test_people_who_are_in_the_course_already_need_a_place_like_others_so_that_nobody_learns_who_is(course):
    buy(sold(*[participant(f"p{n}@example.org") for n in range(9)]))
    with pytest.raises(Refusal):
        place(NAME, sold(participant("p1@example.org"), participant("p2@example.org")))


def test_an_order_that_ends_unpaid_frees_its_places_and_money_that_comes_late_takes_them_again(course):
    line = sold(blank=4)
    place(NAME, line)

    revoke(NAME, line, why=RevokeReason.UNPAID)
    assert free([course.pk]) == {course.pk: 10}

    get_handler(NAME).retake(line)
    assert free([course.pk]) == {course.pk: 6}


def test_late_money_is_refused_when_the_places_are_gone(course):
    line = sold(blank=4)
    place(NAME, line)
    revoke(NAME, line, why=RevokeReason.UNPAID)
    place(NAME, sold(blank=8))

    with pytest.raises(Refusal):
        get_handler(NAME).retake(line)

    assert free([course.pk]) == {course.pk: 2}


def test_late_money_takes_the_places_though_enrolment_has_closed(course):
    line = sold(blank=4)
    place(NAME, line)
    revoke(NAME, line, why=RevokeReason.UNPAID)
    type(course).objects.update(is_visible=False)

    get_handler(NAME).retake(line)

    assert free([course.pk]) == {course.pk: 6}


# Delivery


def test_declared_units_are_assigned_seats_and_blank_ones_free_seats_of_the_session(course):
    line = sold(participant("ada@example.org"), participant("tom@example.org", "tutor"), blank=1)

    buy(line)

    ada, tom, blank = Seat.objects.order_by("unit_id")
    assert [seat.unit_id for seat in (ada, tom, blank)] == [unit.id for unit in line.units]
    assert (ada.state, ada.role.code, ada.person.email) == ("assigned", "student", "ada@example.org")
    assert (tom.state, tom.role.code, tom.person.email) == ("assigned", "tutor", "tom@example.org")
    assert (blank.state, blank.role, blank.person, blank.keeps_place) == ("available", None, None, True)
    assert {seat.course for seat in (ada, tom, blank)} == {course}
    assert people_in(course, "student") == ["ada@example.org"]
    assert people_in(course, "tutor") == ["tom@example.org"]
    assert free([course.pk]) == {course.pk: 7}
    assert not PlaceHold.objects.live().exists()


def test_the_session_has_a_group_of_the_order_with_its_people_and_its_operator(course):
    line = sold(participant("ada@example.org"))

    buy(line)

    group = CourseGroup.objects.get()
    assert (group.name, group.order_id, group.course, group.account) == (
        line.order_number,
        line.order_id,
        course,
        line.account,
    )
    members = Ground.objects.live().filter(group=group).values_list("enrolment__user__email", flat=True)
    assert sorted(members) == sorted(["ada@example.org", line.operator.email])


def test_two_lines_of_an_order_for_one_course_are_one_session(course):
    first = sold(participant("ada@example.org"))
    second = sold(
        participant("bob@example.org"), account=first.account, operator=first.operator, order_id=first.order_id
    )
    buy(first)
    buy(second)
    assert CourseGroup.objects.count() == 1
    assert Ground.objects.filter(kind=Ground.Kind.SUPERVISION).count() == 2
    assert people_in(course, "teacher") == [first.operator.email]


def test_a_known_address_is_the_existing_user_whose_name_and_password_stay(course):
    ada = UserFactory(email="ada@example.org", first_name="Ada", last_name="Byron")
    before = ada.password

    buy(sold(participant("ada@example.org", first_name="Someone", last_name="Else")))

    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name, ada.password) == ("Ada", "Byron", before)
    assert Enrolment.objects.get(role__code="student").user == ada


def test_a_new_address_becomes_a_user_without_password_who_is_invited(course):
    line = sold(participant("ada@example.org", first_name="Ada", last_name="Lovelace"))

    buy(line)

    ada = User.objects.get(email="ada@example.org")
    assert (ada.first_name, ada.last_name, ada.has_usable_password()) == ("Ada", "Lovelace", False)
    assert ada.created_by_account == line.account
    assert list(Mail.objects.values_list("kind", "recipient")) == [("invitation", "ada@example.org")]


def test_a_known_participant_hears_in_his_language_that_he_is_enrolled(course):
    UserFactory(email="zoe@example.org", language="fr")

    buy(sold(participant("zoe@example.org")))

    mail = Mail.objects.get()
    assert (mail.kind, mail.recipient, mail.language) == ("seat_assigned", "zoe@example.org", "fr")
    assert mail.context["course_name"] == "Cours SEC-01"


def test_every_participant_known_or_new_is_attached_to_the_operator(course):
    UserFactory(email="zoe@example.org", first_name="Zoé", last_name="Known")
    line = sold(participant("zoe@example.org", first_name="Zoe", last_name="As Typed"), participant("ada@example.org"))

    buy(line)

    rows = Delegation.objects.filter(account=line.account, operator=line.operator).order_by("email")
    assert list(rows.values_list("person__email", "email", "first_name", "last_name")) == [
        ("ada@example.org", "ada@example.org", "Paul", "Petit"),
        ("zoe@example.org", "zoe@example.org", "Zoe", "As Typed"),
    ]


def test_an_operator_who_takes_part_himself_is_not_attached_to_himself(course):
    account, operator = account_with_operator()
    buy(sold(participant(operator.email), account=account, operator=operator))
    assert not Delegation.objects.exists()
    assert people_in(course, "student") == people_in(course, "teacher") == [operator.email]


def test_the_operator_supervises_in_the_role_of_the_entry(course):
    RoleFactory(code="coach")
    line = sold(blank=1, supervisor="coach")
    buy(line)
    assert people_in(course, "coach") == [line.operator.email]
    assert free([course.pk]) == {course.pk: 9}


def test_the_operator_is_not_enrolled_where_the_entry_says_so(course):
    CourseFactory(short_name="HELP")
    line = sold(participant("ada@example.org"), autoenrolsupervisor="0", customersupport="HELP")

    buy(line)

    assert people_in(course, "teacher") == []
    assert Delegation.objects.get().operator == line.operator
    assert Enrolment.objects.get(course__short_name="HELP").user == line.operator


def test_a_full_support_course_is_told_to_the_sales_team_alone(course):
    CourseFactory(short_name="HELP", capacity=1)
    buy(sold(blank=1, customersupport="HELP"))

    feedback = buy(sold(blank=1, customersupport="HELP"))

    assert "The support course is full" in in_english(feedback.sales)
    assert "support" not in in_english(feedback.public)


def test_enrolments_keep_to_the_period_of_the_entry_and_of_the_course():
    CourseFactory(short_name="SEC-01", first_day=datetime.date(2026, 3, 10), last_day=datetime.date(2026, 6, 30))

    buy(sold(participant("ada@example.org"), starttime="2026-03-05", duration="30"))

    enrolment = Enrolment.objects.get(role__code="student")
    assert enrolment.starts_at == datetime.datetime(2026, 3, 9, 23, tzinfo=datetime.UTC)
    assert enrolment.ends_at == datetime.datetime(2026, 4, 8, 22, tzinfo=datetime.UTC)


def test_what_was_placed_is_delivered_though_the_course_is_hidden_closed_and_full_since(course):
    line = sold(participant("ada@example.org"), blank=1)
    place(NAME, line)
    place(NAME, sold(blank=8))
    type(course).objects.update(is_visible=False, enrolment_closes_on=datetime.date(2026, 3, 1))

    deliver(NAME, line)

    assert people_in(course, "student") == ["ada@example.org"]
    assert free([course.pk]) == {course.pk: 0}


def test_a_course_renamed_since_checkout_is_found_by_its_former_name(course):
    line = sold(participant("ada@example.org"))
    place(NAME, line)
    course.short_name = "FIRE-01"
    save_course(course=course)

    deliver(NAME, line)

    assert people_in(course, "student") == ["ada@example.org"]


def test_an_entry_that_cannot_be_delivered_any_more_says_so_without_speaking_of_the_cart(course):
    line = sold(participant("ada@example.org"), supervisor="teacher")
    place(NAME, line)
    Role.objects.filter(code="teacher").delete()

    with pytest.raises(Refusal) as refused:
        deliver(NAME, line)

    assert in_english(refused.value) == (
        "“An entry” cannot be had for the moment: its role “teacher” is not set up in the shop. "
        "Our team has been told and will get in touch with you."
    )


def test_a_course_that_ended_before_payment_is_refused_and_nothing_is_left(course):
    line = sold(participant("ada@example.org"))
    place(NAME, line)
    type(course).objects.update(last_day=datetime.date(2026, 3, 1))

    with pytest.raises(Refusal) as refused:
        deliver(NAME, line)

    assert in_english(refused.value) == (
        "The course “Fire safety” is over. Our team has been told and will get in touch with you."
    )
    assert not User.objects.filter(email="ada@example.org").exists()
    assert not Seat.objects.exists()
    assert not Mail.objects.exists()
    assert PlaceHold.objects.live().get().places == 1


def test_a_person_already_enrolled_keeps_the_later_end(course):
    account, operator = account_with_operator()
    buy(sold(participant("ada@example.org"), account=account, operator=operator, endtime="2026-12-31"))

    feedback = buy(sold(participant("ada@example.org"), account=account, operator=operator, endtime="2026-06-30"))

    enrolment = Enrolment.objects.get(role__code="student")
    assert enrolment.ends_at == datetime.datetime(2026, 12, 31, 23, tzinfo=datetime.UTC)
    assert enrolment.grounds.count() == 2
    assert (
        "Paul Petit was enrolled already until Dec. 31, 2026 on a seat of your account; the later end counts."
        in in_english(feedback.customer)
    )
    assert "Paul Petit was enrolled already" in in_english(feedback.sales)
    assert "Paul" not in in_english(feedback.public)


def test_nobody_is_told_of_grounds_of_another_account(course):
    buy(sold(participant("ada@example.org"), endtime="2026-12-31"))

    feedback = buy(sold(participant("ada@example.org"), endtime="2026-06-30"))

    for text in (feedback.public, feedback.customer, feedback.sales):
        assert "already" not in in_english(text)


def test_feedback_is_made_for_three_audiences(course):
    UserFactory(email="zoe@example.org")
    line = sold(participant("zoe@example.org"), participant("ada@example.org"), blank=1, endtime="2026-06-30")

    feedback = buy(line)

    public = (
        f"The session in “Fire safety” is set up from March 2, 2026, 10:00 to June 30, 2026, in the group "
        f"{line.order_number}. 2 participants were declared and hear from us by e-mail. "
        "1 seat is left to be filled later."
    )
    assert in_english(feedback.public) == public
    assert in_english(feedback.customer) == public
    assert in_english(feedback.sales) == f"{public}\n1 new user invited, 1 known user enrolled."


def test_what_the_public_reads_is_the_same_whether_people_are_known_or_not(course):
    UserFactory(email="zoe@example.org")
    buy(sold(participant("zoe@example.org")))

    known = visitor_line(NAME, units=units(participant("zoe@example.org")), typed={"coursename": "SEC-01"}, now=NOW)
    new = visitor_line(NAME, units=units(participant("new@example.org")), typed={"coursename": "SEC-01"}, now=NOW)
    texts = [in_english(buy(line).public).replace(line.order_number, "N") for line in (known, new)]

    assert texts[0] == texts[1]


def test_ten_or_a_hundred_people_take_the_same_number_of_statements(django_assert_max_num_queries):
    CourseFactory(short_name="SEC-01", capacity=500)
    CourseFactory(short_name="HELP", capacity=500)
    handler = get_handler(NAME)
    counts = []
    for size in (10, 100):
        known = [participant(user.email) for user in UserFactory.create_batch(size // 2)]
        new = [participant(f"p{size}-{n}@example.org", ("student", "tutor")[n % 2]) for n in range(size // 2 - 2)]
        line = sold(*known, *new, blank=2, customersupport="HELP")
        place(NAME, line)
        with django_assert_max_num_queries(45) as captured:
            handler.post_payment(line)
            handler.attach_operator(line)
        assert Seat.objects.filter(account=line.account).count() == size
        counts.append(len(captured))
    assert counts[0] == counts[1]


# A visitor's order


def claimed_later(*answers, email="visitor@example.org", **typed):
    return visitor_line(NAME, email=email, units=units(*answers), typed={"coursename": "SEC-01"} | typed, now=NOW)


def test_a_visitor_s_session_is_delivered_without_operator(course):
    CourseFactory(short_name="HELP")
    line = claimed_later(participant("ada@example.org"), customersupport="HELP")

    buy(line)

    assert people_in(course, "student") == ["ada@example.org"]
    assert Enrolment.objects.count() == 1
    assert not Delegation.objects.exists()
    assert Seat.objects.get().assigned_by is None
    assert [mail.recipient for mail in Mail.objects.all()] == ["ada@example.org"]


def test_the_claimant_gets_what_an_operator_gets(course):
    CourseFactory(short_name="HELP")
    line = claimed_later(participant("ada@example.org"), customersupport="HELP")
    buy(line)
    claimant = UserFactory(email="visitor@example.org")

    claim(NAME, line, claimant=claimant)

    assert people_in(course, "teacher") == ["visitor@example.org"]
    assert Ground.objects.get(kind=Ground.Kind.SUPERVISION).group.name == line.order_number
    assert Delegation.objects.get().person.email == "ada@example.org"
    assert Enrolment.objects.get(course__short_name="HELP").user == claimant
    assert Mail.objects.count() == 1


def test_the_typed_address_hears_only_at_the_claim_that_it_takes_part_itself(course):
    claimant = UserFactory(email="visitor@example.org")
    line = claimed_later(participant("visitor@example.org"), participant("ada@example.org"))

    buy(line)
    assert [mail.recipient for mail in Mail.objects.all()] == ["ada@example.org"]
    assert people_in(course, "student") == ["ada@example.org", "visitor@example.org"]

    claim(NAME, line, claimant=claimant)
    assert sorted(Mail.objects.values_list("kind", "recipient")) == [
        ("invitation", "ada@example.org"),
        ("seat_assigned", "visitor@example.org"),
    ]


def test_a_claim_before_delivery_attaches_nothing_yet(course):
    line = claimed_later(participant("ada@example.org"))
    place(NAME, line)
    claim(NAME, line, claimant=UserFactory(email="visitor@example.org"))
    assert not Enrolment.objects.exists()
    assert not Delegation.objects.exists()


def test_a_claim_long_after_the_course_harms_nothing(course):
    line = claimed_later(participant("ada@example.org"))
    buy(line)
    late = replace(line, now=NOW + datetime.timedelta(days=400))
    type(course).objects.update(last_day=datetime.date(2026, 6, 30))

    claim(NAME, late, claimant=UserFactory(email="visitor@example.org"))

    assert people_in(course, "teacher") == []
    assert Delegation.objects.count() == 1


# Giving back


def test_a_refunded_unit_takes_its_person_out_and_leaves_the_session(course):
    line = sold(participant("ada@example.org"), participant("bob@example.org"), blank=1)
    buy(line)

    revoke(NAME, line, units=line.units[:1])

    assert people_in(course, "student") == ["bob@example.org"]
    assert people_in(course, "teacher") == [line.operator.email]
    assert free([course.pk]) == {course.pk: 8}


def test_with_the_last_unit_the_operator_leaves_too(course):
    CourseFactory(short_name="HELP")
    line = sold(participant("ada@example.org"), blank=1, customersupport="HELP")
    buy(line)

    revoke(NAME, line)

    assert not Enrolment.objects.open().exists()
    assert set(Seat.objects.values_list("state", flat=True)) == {SeatState.REVOKED}
    assert free([course.pk]) == {course.pk: 10}


def test_what_another_purchase_paid_for_stays(course):
    account, operator = account_with_operator()
    first = sold(participant("ada@example.org"), account=account, operator=operator)
    second = sold(participant("ada@example.org"), account=account, operator=operator)
    buy(first)
    buy(second)

    revoke(NAME, first)

    assert people_in(course, "student") == ["ada@example.org"]
    assert people_in(course, "teacher") == [operator.email]


def test_a_used_seat_is_taken_back_only_by_the_merchant_s_explicit_yes(course):
    line = sold(participant("ada@example.org"), participant("bob@example.org"))
    buy(line)
    bob = User.objects.get(email="bob@example.org")
    enter_course(user=bob, course=course, now=NOW)

    with pytest.raises(Refusal) as refused:
        revoke(NAME, line)
    assert refused.value.unit == 1
    assert Seat.objects.filter(state=SeatState.REVOKED).count() == 0

    revoke(NAME, line, include_consumed=True, note="Agreed by phone")
    assert Seat.objects.filter(state=SeatState.REVOKED).count() == 2


def test_a_unit_given_back_before_delivery_frees_its_place(course):
    line = sold(blank=3)
    place(NAME, line)

    revoke(NAME, line, units=line.units[:1])
    assert free([course.pk]) == {course.pk: 8}

    deliver(NAME, replace(line, units=line.units[1:]))
    assert Seat.objects.count() == 2
    assert free([course.pk]) == {course.pk: 8}


# What the merchant is told


def findings(**typed):
    entry = SimpleNamespace(code="SESSION", parameters=parameters(NAME, **typed))
    return [(str(found.level), found.field, in_english(found.message)) for found in get_handler(NAME).check(entry)]


def test_a_sound_entry_has_no_findings(course):
    assert findings(coursename="SEC-01") == []


def test_findings_about_the_course():
    CourseFactory(short_name="FULL", name_en="Full", capacity=1)
    buy(sold(blank=1, coursename="FULL"))
    CourseFactory(short_name="HIDDEN", name_en="Hidden", is_visible=False)
    CourseFactory(short_name="OVER", name_en="Over", last_day=datetime.date(2020, 1, 1))

    assert [found[:2] for found in findings(coursename="NONE")] == [("error", "coursename")]
    assert findings(coursename="OVER") == [
        ("error", "coursename", "The course “Over” ended on Jan. 1, 2020: whoever buys this is refused.")
    ]
    assert [found[:2] for found in findings(coursename="HIDDEN")] == [("warning", "coursename")]
    assert findings(coursename="FULL") == [
        ("warning", "coursename", "The course “Full” is full: whoever buys this is refused for the moment.")
    ]
