"""std_setuponecoursesession: one purchase sets a whole session up."""

import datetime

import pytest

from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.services import free
from enrolments.courses.roles.models import Role
from enrolments.courses.services import save_course
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.models import Seat
from handlers.contract import Feedback, Refusal
from handlers.registry import get_handler
from handlers.testing import account_with_operator, deliver, place, units, visitor_line
from outbox.mails.models import Mail
from tests.factories.accounts import UserFactory
from tests.factories.enrolments import CourseFactory, RoleFactory
from tests.factories.handlers import participant
from tests.handlers.sessions import NAME, NOW, buy, in_english, people_in, sold, sold_to_visitor

pytestmark = pytest.mark.django_db


def test_declared_units_are_assigned_seats_and_blank_ones_free_seats_of_the_session(course):
    line = sold(participant("ada@example.org"), participant("tom@example.org", "tutor"), blank=1)

    buy(line)

    ada, tom, blank = Seat.objects.order_by("unit_index")
    assert [seat.unit_index for seat in (ada, tom, blank)] == [0, 1, 2]
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


def test_a_known_participant_hears_in_their_language_that_they_are_enrolled(course):
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


def test_an_operator_who_takes_part_themselves_is_not_attached_to_themselves(course):
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
        "Participant 1 was enrolled already until 31 December 2026 on a seat of your account; the later end counts."
        in in_english(feedback.customer)
    )
    assert "Participant 1 was enrolled already" in in_english(feedback.sales)
    assert "already" not in in_english(feedback.public)
    assert "Paul" not in str(feedback)


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
        f"The session in “Fire safety” is set up from 2 March 2026, 10:00 to 30 June 2026, in the group "
        f"{line.order_number}. 2 participants were declared and hear from us by e-mail. "
        "1 seat is left to be filled later."
    )
    assert in_english(feedback.public) == public
    assert in_english(feedback.customer) == public
    assert in_english(feedback.sales) == f"{public}\n1 new user invited, 1 known user enrolled."


def test_a_second_run_says_nothing_and_mails_nobody(course):
    known = UserFactory(email="known@example.org")
    line = sold_to_visitor(participant("ada@example.org"), participant(known.email))
    assert in_english(buy(line).sales)
    mails = Mail.objects.count()

    assert deliver(NAME, line) == Feedback()

    assert Mail.objects.count() == mails


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
