"""std_enroloncourse: buyers enrol themselves in a course."""

import datetime
from types import SimpleNamespace

import pytest
from django.utils import translation

from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.services import free
from enrolments.courses.roles.models import Role
from enrolments.grounds.models import Enrolment, Ground
from handlers.contract import Feedback, Refusal, RevokeReason
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
from outbox.mails.models import Mail
from tests.factories.accounts import UserFactory
from tests.factories.enrolments import CourseFactory, CourseGroupFactory, RoleFactory

pytestmark = pytest.mark.django_db

NAME = "std_enroloncourse"
NOW = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.UTC)


@pytest.fixture
def course():
    return CourseFactory(short_name="SEC-01", name_en="Fire safety", capacity=2)


def sold(account=None, operator=None, buyer=None, **typed):
    if account is None:
        account, operator = account_with_operator()
    return line_context(
        NAME,
        account=account,
        operator=operator,
        buyer=buyer or operator,
        units=units(blank=1),
        typed={"coursename": "SEC-01"} | typed,
        now=NOW,
    )


def sold_to_visitor(email="visitor@example.org", **typed):
    return visitor_line(NAME, email=email, units=units(blank=1), typed={"coursename": "SEC-01"} | typed, now=NOW)


def buy(line):
    place(NAME, line)
    return deliver(NAME, line)


def in_english(text):
    with translation.override("en"):
        return str(text)


def test_the_buyer_is_enrolled_on_the_ground_of_the_line(course):
    account, operator = account_with_operator()
    buyer = UserFactory()
    line = sold(account=account, operator=operator, buyer=buyer)

    feedback = buy(line)

    ground = Ground.objects.get()
    assert (ground.kind, ground.line_id, ground.unit_index, ground.account) == (
        Ground.Kind.LINE,
        line.line_id,
        0,
        account,
    )
    assert (ground.enrolment.user, ground.enrolment.course, ground.enrolment.role.code) == (buyer, course, "student")
    assert in_english(feedback.public) == "The enrolment in “Fire safety” holds from 2 March 2026, 10:00 on."
    assert not Delegation.objects.exists()


@pytest.mark.parametrize("line_of", [sold, sold_to_visitor], ids=["signed in", "visitor"])
def test_a_second_run_says_nothing_and_mails_nobody(course, line_of):
    line = line_of()
    assert in_english(buy(line).public)
    mails = Mail.objects.count()

    assert deliver(NAME, line) == Feedback()

    assert Mail.objects.count() == mails


def test_one_place_is_held_from_checkout_and_becomes_the_buyer_s(course):
    line = sold()
    place(NAME, line)
    assert PlaceHold.objects.live().get().places == 1
    assert free([course.pk]) == {course.pk: 1}
    deliver(NAME, line)
    assert not PlaceHold.objects.live().exists()
    assert free([course.pk]) == {course.pk: 1}


def test_a_full_or_closed_course_is_refused(course):
    place(NAME, sold())
    place(NAME, sold())
    with pytest.raises(Refusal) as refused:
        place(NAME, sold())
    assert in_english(refused.value).startswith("The course “Fire safety” is full.")

    CourseFactory(short_name="SHUT", is_visible=False)
    with pytest.raises(Refusal):
        place(NAME, sold(coursename="SHUT"))


def test_role_group_and_period_are_the_entry_s(course):
    group = CourseGroupFactory(course=course, name="Evening class")

    feedback = buy(sold(role="tutor", groupname="evening CLASS", starttime="2026-04-01", endtime="2026-04-30"))

    ground = Ground.objects.get()
    assert ground.group == group
    assert ground.enrolment.role.code == "tutor"
    assert ground.starts_at == datetime.datetime(2026, 3, 31, 22, tzinfo=datetime.UTC)
    assert ground.ends_at == datetime.datetime(2026, 4, 30, 22, tzinfo=datetime.UTC)
    assert in_english(feedback.public).endswith("from 1 April 2026, 00:00 to 30 April 2026.")


def test_a_standing_group_is_made_with_the_first_sale(course):
    buy(sold(groupname="Evening class"))
    buy(sold(groupname="Evening class"))
    group = CourseGroup.objects.get()
    assert (group.name, group.order_id) == ("Evening class", None)


def test_a_role_that_takes_no_place_holds_none_but_the_course_must_be_open(course):
    RoleFactory(code="observer", kind=Role.Kind.SUPERVISOR)
    buy(sold())
    buy(sold())

    buy(sold(role="observer"))
    assert Enrolment.objects.count() == 3

    type(course).objects.update(is_visible=False)
    with pytest.raises(Refusal):
        place(NAME, sold(role="observer"))


def test_an_unknown_role_is_not_sold(course):
    with pytest.raises(Refusal):
        place(NAME, sold(role="coach"))


def offered(user, **typed):
    handler = get_handler(NAME)
    return handler.is_offered_to(parameters(NAME, **({"coursename": "SEC-01"} | typed)), user, now=NOW)


def test_it_is_not_offered_to_somebody_who_is_in_the_course_already():
    CourseFactory(short_name="SEC-01", former_names=["SECURITE"])
    line = sold(endtime="2026-06-30")
    assert offered(line.buyer)

    buy(line)

    assert not offered(line.buyer)
    assert not offered(line.buyer, coursename="securite")
    assert offered(line.buyer, role="tutor")
    assert offered(UserFactory())


def test_it_is_offered_again_once_the_time_in_the_course_is_over(course):
    line = sold(endtime="2026-06-30")
    buy(line)
    handler = get_handler(NAME)
    later = datetime.datetime(2026, 7, 1, tzinfo=datetime.UTC)
    assert handler.is_offered_to(line.parameters, line.buyer, now=later)


def test_it_is_offered_again_once_the_enrolment_was_taken_back(course):
    line = sold()
    buy(line)
    revoke(NAME, line)
    assert offered(line.buyer)


def test_it_is_sold_one_at_a_time():
    assert get_handler(NAME).max_quantity == 1
    assert get_handler(NAME).UnitForm is None


def test_a_visitor_s_order_enrols_the_typed_address_and_writes_to_nobody(course):
    line = sold_to_visitor("New.Person@example.org")

    feedback = buy(line)

    user = User.objects.get(email="new.person@example.org")
    assert Enrolment.objects.get().user == user
    assert user.has_usable_password() is False
    assert user.created_by_account is None
    assert not Mail.objects.exists()
    assert "new user" in in_english(feedback.sales)
    assert "user" not in in_english(feedback.public)


def test_a_known_address_is_the_existing_user_and_nothing_tells_the_visitor_so(course):
    known = UserFactory(email="zoe@example.org")
    texts = [in_english(buy(sold_to_visitor(email)).public) for email in ("zoe@example.org", "new@example.org")]
    assert texts[0] == texts[1]
    assert Enrolment.objects.filter(user=known).count() == 1


def test_somebody_already_enrolled_gets_one_more_ground_and_is_told_only_of_their_account(course):
    account, operator = account_with_operator()
    buy(sold(account=account, operator=operator, endtime="2026-06-30"))

    same_account = buy(sold(account=account, operator=operator, endtime="2026-12-31"))
    by_a_visitor = buy(sold_to_visitor(operator.email, endtime="2026-12-31"))

    assert Enrolment.objects.get().grounds.count() == 3
    assert "You were enrolled already until 30 June 2026" in in_english(same_account.customer)
    assert "already" not in in_english(by_a_visitor.customer)
    assert "already" not in in_english(by_a_visitor.sales)


def test_the_operator_not_the_buyer_is_enrolled_in_the_support_course_at_the_claim_for_a_visitor(course):
    CourseFactory(short_name="HELP")
    account, operator = account_with_operator()
    buyer = UserFactory()

    buy(sold(account=account, operator=operator, buyer=buyer, customersupport="HELP"))
    assert Enrolment.objects.get(course__short_name="HELP").user == operator

    line = sold_to_visitor(customersupport="HELP")
    buy(line)
    assert Enrolment.objects.filter(course__short_name="HELP").count() == 1
    claim(NAME, line, claimant=User.objects.get(email="visitor@example.org"))
    assert Enrolment.objects.filter(course__short_name="HELP").count() == 2


def test_a_claim_before_delivery_attaches_nothing_yet(course):
    CourseFactory(short_name="HELP")
    line = sold_to_visitor(customersupport="HELP")
    place(NAME, line)
    claim(NAME, line, claimant=UserFactory(email="visitor@example.org"))
    assert not Enrolment.objects.exists()


def test_what_was_placed_is_delivered_until_the_last_day_of_the_course(course):
    line, too_late = sold(), sold()
    place(NAME, line)
    place(NAME, too_late)

    type(course).objects.update(is_visible=False, last_day=datetime.date(2026, 3, 2))
    deliver(NAME, line)
    assert Enrolment.objects.count() == 1

    type(course).objects.update(last_day=datetime.date(2026, 3, 1))
    with pytest.raises(Refusal):
        deliver(NAME, too_late)
    assert Enrolment.objects.count() == 1


def test_giving_it_back_ends_the_enrolment_and_the_support_course(course):
    CourseFactory(short_name="HELP")
    line = sold(customersupport="HELP")
    buy(line)

    revoke(NAME, line)

    assert not Enrolment.objects.open().exists()
    assert free([course.pk]) == {course.pk: 2}


def test_giving_it_back_leaves_what_another_purchase_paid_for(course):
    account, operator = account_with_operator()
    first, second = sold(account=account, operator=operator), sold(account=account, operator=operator)
    buy(first)
    buy(second)

    revoke(NAME, first)

    assert Enrolment.objects.open().get().user == operator


def test_an_order_that_ends_unpaid_frees_the_place_and_late_money_takes_it_again(course):
    line = sold()
    place(NAME, line)
    revoke(NAME, line, why=RevokeReason.UNPAID)
    assert free([course.pk]) == {course.pk: 2}
    get_handler(NAME).retake(line)
    assert free([course.pk]) == {course.pk: 1}


def findings(**typed):
    entry = SimpleNamespace(code="COURSE", parameters=parameters(NAME, **typed))
    return [(str(found.level), found.field, in_english(found.message)) for found in get_handler(NAME).check(entry)]


def test_the_merchant_is_told_of_a_group_that_is_not_there_yet(course):
    CourseGroupFactory(course=course, name="Evening class")
    assert findings(coursename="sec-01", groupname="evening class") == []
    assert findings(coursename="SEC-01", groupname="Morning") == [
        ("info", "groupname", "The course has no group “Morning” yet: it is made with the first sale.")
    ]


def test_the_merchant_is_told_of_a_role_and_a_course_that_do_not_exist():
    assert findings(coursename="NONE", role="coach") == [
        ("error", "coursename", "No course has the short name “NONE”."),
        ("error", "role", "The role “coach” does not exist."),
    ]


def test_a_course_is_required():
    form = get_handler(NAME).MerchantForm({})
    assert list(form.errors) == ["coursename"]
