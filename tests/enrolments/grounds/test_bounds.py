"""Bounds and refusals of grounds: what stays, what ends, and for whom."""

import pytest
from django.utils import translation

from accounts.people.services import PersonTyped
from enrolments.courses.roles.models import Role
from enrolments.grounds.by_hand import end_by_hand, enrol_address_by_hand, enrol_by_hand
from enrolments.grounds.enrol_line import end_line_grounds, enrol_on_line
from enrolments.grounds.models import Enrolment, EnrolmentEvent, Ground
from enrolments.grounds.supervise import end_what_operators_got, supervise
from enrolments.grounds.support import enrol_in_support
from enrolments.values import Period, Terms
from outbox.mails.models import Mail
from tests.enrolments.given import NOW, day, days, new_line
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory, CourseGroupFactory, role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def operator():
    return UserFactory(email="alice@example.org")


def by_hand(course, email, *, code=Role.STUDENT, terms=Terms(), language="en", now=NOW):  # noqa: B008
    person = PersonTyped(email=email, first_name="Bob", last_name="Roy")
    return enrol_address_by_hand(
        course=course, person=person, role=role(code), terms=terms, language=language, now=now
    )  # fmt: skip


def test_the_merchants_hand_is_a_ground_of_its_own_told_once():
    course = CourseFactory()

    first = by_hand(course, "bob@example.org", terms=Terms(ends_at=NOW + days(5)), language="fr")
    again = by_hand(course, "bob@example.org", now=NOW + days(1))

    ground = Ground.objects.get()
    assert (first.is_new, again.is_new, again.user) == (True, False, first.user)
    assert (first.user.first_name, first.user.language, first.user.created_by_account) == ("Bob", "fr", None)
    assert (ground.kind, ground.account, ground.order_id, ground.line_id, ground.seat, ground.group) == (
        "merchant", None, None, None, None, None,
    )  # fmt: skip
    assert ground.order_number == ""
    assert (ground.starts_at, ground.ends_at, ground.created_at) == (NOW, NOW + days(5), NOW)
    mail = Mail.objects.get()
    assert (mail.kind, mail.key, mail.language, mail.account_id) == (
        "invitation", f"invitation:hand:{ground.pk}:{first.user.pk}", "fr", None,
    )  # fmt: skip


def test_a_second_role_and_a_second_course_are_new(account):
    course, other = CourseFactory.create_batch(2)
    by_hand(course, "bob@example.org")

    assert by_hand(course, "bob@example.org", code=Role.TEACHER).is_new
    assert by_hand(other, "bob@example.org").is_new
    assert by_hand(course, "carol@example.org").is_new
    assert Ground.objects.count() == 4


def test_the_merchants_word_is_taken_back_from_its_own_enrolment_alone(account):
    course, bob = CourseFactory(), UserFactory()
    enrol_on_line(line=new_line(account), course=course, user=bob, role=role(), group=None, terms=Terms(), now=NOW)
    enrolment = enrol_by_hand(course=course, user=bob, role=role(), period=Period(NOW), now=NOW)
    other = enrol_by_hand(course=CourseFactory(), user=bob, role=role(), period=Period(NOW), now=NOW)

    assert end_by_hand(enrolment=enrolment, reason="Mistake", now=NOW + days(1)) is True
    assert end_by_hand(enrolment=enrolment, reason="Mistake", now=NOW + days(1)) is False

    ended = Ground.objects.get(ended_at__isnull=False)
    assert (ended.kind, ended.enrolment, ended.ended_at, ended.ended_reason) == (
        "merchant", enrolment, NOW + days(1), "Mistake",
    )  # fmt: skip
    assert set(Enrolment.objects.open()) == {enrolment, other}


def test_only_what_an_operator_got_for_the_account_ends(account, operator):
    course, support, foreign = CourseFactory.create_batch(3)
    teacher, colleague, line = role(Role.TEACHER), UserFactory(), new_line(account)
    how = {"role": teacher, "group": None, "terms": Terms(), "now": NOW}
    assert supervise(line=line, course=course, operator=operator, **how)
    assert supervise(line=line, course=course, operator=colleague, **how)
    enrol_in_support(course=support, user=operator, line=line, now=NOW)
    assert supervise(line=new_line(CustomerAccountFactory()), course=foreign, operator=operator, **how)
    enrol_on_line(
        line=new_line(account), course=course, user=operator, role=role(), group=None, terms=Terms(), now=NOW
    )  # fmt: skip

    end_what_operators_got(account, [operator.pk], NOW + days(1))

    ended = Ground.objects.filter(ended_at__isnull=False).order_by("kind")
    assert [(ground.kind, ground.enrolment.user, ground.ended_at, ground.ended_reason) for ground in ended] == [
        ("supervision", operator, NOW + days(1), "right_lost"),
        ("support", operator, NOW + days(1), "right_lost"),
    ]
    assert Ground.objects.live().filter(enrolment__user=operator).count() == 2


def test_a_supervisor_is_enrolled_for_what_was_sold_and_never_too_late(account, operator):
    course, line = CourseFactory(last_day=day("2026-03-20")), new_line(account)
    group = CourseGroupFactory(course=course)
    how = {"line": line, "course": course, "operator": operator, "role": role(Role.TEACHER), "group": group}

    assert supervise(**how, terms=Terms(ends_at=NOW), now=NOW) is False
    assert not Ground.objects.exists()
    assert supervise(**how, terms=Terms(ends_at=NOW + days(3)), now=NOW) is True

    columns = ("kind", "account", "order_id", "order_number", "line_id", "seat", "group", "starts_at", "ends_at")
    assert Ground.objects.values_list(*columns).get() == (
        "supervision", account.pk, line.order_id, line.order_number, line.line_id, None, group.pk, NOW, NOW + days(3),
    )  # fmt: skip


def test_who_leaves_one_of_two_groups_is_said_to_leave_that_one(account):
    course, bob = CourseFactory(), UserFactory()
    one, other = CourseGroupFactory.create_batch(2, course=course)
    lines = [new_line(account), new_line(account)]
    for line, group in zip(lines, (one, other), strict=True):
        enrol_on_line(line=line, course=course, user=bob, role=role(), group=group, terms=Terms(), now=NOW)

    end_line_grounds(line_id=lines[0].line_id, reason="Refund", now=NOW + days(1))

    left = EnrolmentEvent.objects.filter(what="group_left").values_list("enrolment__user", "at", "detail")
    assert list(left) == [(bob.pk, NOW + days(1), {"group": one.pk})]
    joined = EnrolmentEvent.objects.filter(what="group_joined").order_by("pk")
    assert [event.detail["group"] for event in joined] == [one.pk, other.pk]


def test_ending_nothing_writes_nothing(account):
    assert end_line_grounds(line_id=new_line(account).line_id, reason="Refund", now=NOW) == 0
    assert not EnrolmentEvent.objects.exists()
