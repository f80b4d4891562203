"""Answers to requests: Bob operates the account, Carol asks, Erin is Bob's colleague."""

import pytest

from accounts.members.history.sources import Asked
from accounts.members.models import CustomerAccount
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from enrolments.grounds.models import Enrolment
from enrolments.requests import services
from enrolments.requests.deeds import answers_to_requests
from enrolments.requests.errors import NoSeatLeft, RequestAnswered, RequestNotFound
from enrolments.requests.models import CourseRequest
from enrolments.requests.selectors import free_seat, seats_for
from enrolments.requests.services import decline_request, place_request
from enrolments.requests.transfer import move_requests
from enrolments.seats.models import Seat
from enrolments.values import Terms
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.given import NOW, assign, days, given_pack, given_session
from tests.enrolments.requests.given import ask, given_desk
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return given_desk()


def place(desk, asked, seat, by=None):
    return place_request(
        account=desk.account,
        request_id=asked.pk,
        batch_id=seat.batch_id,
        operator=by or desk.bob,
        language="en",
        now=NOW,
    )


def decline(desk, asked, words="", by=None):
    decline_request(
        account=desk.account, request_id=asked.pk, operator=by or desk.bob, words=words, language="en", now=NOW
    )


def answered(asked):
    asked.refresh_from_db()
    return asked.state, asked.answered_by, asked.answer, asked.seat


def test_placing_assigns_a_seat_of_those_chosen_by_the_operator_who_accepts(desk):
    erin = MembershipFactory(account=desk.account, is_owner=False, is_operator=True).user
    first, _second = given_pack(desk.account, seats=2)
    asked = ask(desk, CourseFactory())

    accepted = place(desk, asked, first, by=erin)

    first.refresh_from_db()
    assert accepted.seat == first
    assert answered(asked) == ("placed", erin, "", first)
    assert (first.person, first.course, first.assigned_by) == (desk.carol, asked.course, erin)
    assert Enrolment.objects.filter(user=erin, course=asked.course, role__code="teacher").exists()
    assert Mail.objects.filter(kind="seat_assigned", person_id=desk.carol.pk).count() == 2


def test_a_person_who_changed_their_address_is_the_one_placed_under_the_name_that_the_account_typed(desk):
    erin = MembershipFactory(account=desk.account, is_owner=False, is_operator=True).user
    typed = Delegation.objects.get(account=desk.account, person=desk.carol)
    [seat] = given_pack(desk.account)
    asked = ask(desk, CourseFactory())
    User.objects.filter(pk=desk.carol.pk).update(email="carol.new@example.org")

    place(desk, asked, seat, by=erin)

    seat.refresh_from_db()
    assert seat.person == desk.carol
    rows = Delegation.objects.filter(account=desk.account, person=desk.carol)
    assert {(row.email, row.first_name) for row in rows} == {(typed.email, typed.first_name)}
    assert rows.count() == 2


def test_somebody_already_enrolled_keeps_the_seat_free_is_told_until_when_and_the_request_is_closed(desk):
    course = CourseFactory(name_fr="Incendie")
    seat, other = given_pack(desk.account, seats=2)
    asked = ask(desk, course)
    assign(seat, course, desk.carol.email, desk.bob)

    accepted = place(desk, asked, other)

    other.refresh_from_db()
    assert (accepted.seat, other.state) == (None, "available")
    assert answered(asked) == ("placed", desk.bob, "", None)
    mail = Mail.objects.get(kind="course_request_answered")
    assert (mail.recipient, mail.person_id) == (desk.carol.email, desk.carol.pk)
    assert "already" in render_mail(mail, blank_secrets=False).text


def test_declining_mails_the_person_with_the_operators_word(desk):
    asked = ask(desk, CourseFactory())

    decline(desk, asked, "Next year, see https://evil.example")

    assert answered(asked) == ("declined", desk.bob, "Next year, see https://evil.example", None)
    mail = Mail.objects.get(kind="course_request_answered")
    text = render_mail(mail, blank_secrets=False).text
    assert "Your request for the course" in text
    assert "Next year" not in text  # the account has paid for nothing yet
    CustomerAccount.objects.filter(pk=desk.account.pk).update(credit_limit=1)
    text = render_mail(mail, blank_secrets=False).text
    assert "Ateliers Martin has declined your request" in text
    assert "https: //evil. example" in text


def test_an_answer_is_given_once_and_the_second_is_told_by_whom(desk):
    asked = ask(desk, CourseFactory())
    [seat] = given_pack(desk.account)
    decline(desk, asked)

    for answer in (lambda: place(desk, asked, seat), lambda: decline(desk, asked)):
        with pytest.raises(RequestAnswered) as refused:
            answer()
        assert "Bob Leroy" in str(refused.value)
    assert Seat.objects.get(pk=seat.pk).state == "available"


def test_somebody_in_that_session_already_is_told_and_the_request_is_closed(desk):
    course = CourseFactory()
    asked = ask(desk, course)
    session = given_session(course, desk.account, learners=(desk.carol,), blanks=1, terms=Terms(duration_days=20))

    accepted = place(desk, asked, session.batch.seats.get(person=None))

    assert (accepted.seat, accepted.until) == (None, NOW + days(20))
    assert answered(asked) == ("placed", desk.bob, "", None)
    assert Mail.objects.filter(kind="course_request_answered").count() == 1


def test_a_seat_taken_in_this_moment_is_replaced_by_the_next_one(desk, monkeypatch):
    first, second = given_pack(desk.account, seats=2)
    asked = ask(desk, CourseFactory())

    def stale(*where, **how):
        monkeypatch.setattr(services, "free_seat", free_seat)
        return first

    assign(first, CourseFactory(), "dave@example.org", desk.bob)
    monkeypatch.setattr(services, "free_seat", stale)

    assert place(desk, asked, first).seat == second


def test_without_a_free_seat_the_request_stays_open(desk):
    [seat] = given_pack(desk.account)
    assign(seat, CourseFactory(), "dave@example.org", desk.bob)
    asked = ask(desk, CourseFactory())

    with pytest.raises(NoSeatLeft):
        place(desk, asked, seat)

    assert answered(asked)[0] == "open"


def test_seats_of_another_account_are_none(desk):
    [seat] = given_pack(given_desk("Others").account)

    with pytest.raises(NoSeatLeft):
        place(desk, ask(desk, CourseFactory()), seat)


def test_whoever_is_no_operator_of_the_account_answers_nothing(desk):
    asked = ask(desk, CourseFactory())
    [seat] = given_pack(desk.account)
    buyer = MembershipFactory(account=desk.account, is_owner=False, is_buyer=True).user
    stranger = UserFactory()

    for person in (buyer, stranger):
        with pytest.raises(RequestNotFound):
            place(desk, asked, seat, by=person)
        with pytest.raises(RequestNotFound):
            decline(desk, asked, by=person)
    assert answered(asked)[0] == "open"


def test_a_person_no_longer_attached_is_not_placed(desk):
    asked = ask(desk, CourseFactory())
    [seat] = given_pack(desk.account)
    Delegation.objects.filter(person=desk.carol).delete()

    with pytest.raises(RequestNotFound):
        place(desk, asked, seat)


def test_seats_that_serve_are_offered_by_order_line_those_that_end_first_at_the_top(desk):
    course, other = CourseFactory(short_name="SEC-1"), CourseFactory()
    endless = given_pack(desk.account, seats=2, course_list="SEC-*")[0].batch
    ending = given_pack(desk.account, course_list="SEC-1, BUR-*", valid_until=NOW + days(9))[0].batch
    session = given_session(course, desk.account, blanks=3).batch
    given_session(other, desk.account, blanks=1)
    given_pack(desk.account, course_list="BUR-*")
    given_pack(desk.account, valid_until=NOW - days(1), now=NOW - days(9))
    given_pack(given_desk("Others").account)

    found = seats_for(desk.account, course, now=NOW)

    assert [(each.batch, each.until) for each in found] == [(ending, NOW + days(9)), (endless, None), (session, None)]


def test_a_session_is_offered_after_its_course_closed_and_a_pack_is_not(desk):
    course = CourseFactory(is_visible=False)
    session = given_session(course, desk.account, blanks=1).batch
    given_pack(desk.account)

    assert [each.batch for each in seats_for(desk.account, course, now=NOW)] == [session]


def test_requests_move_with_their_account_and_of_two_alike_one_stays(desk):
    target = given_desk("Claimant", carol=desk.carol)
    both, one = CourseFactory(), CourseFactory()
    for where, course in ((desk, both), (desk, one), (target, both)):
        ask(where, course)

    move_requests(from_account=desk.account, to_account=target.account)

    assert set(CourseRequest.objects.values_list("account", "course")) == {
        (target.account.pk, both.pk),
        (target.account.pk, one.pk),
    }


def test_the_accounts_history_tells_answers_newest_first_page_by_page(desk):
    [seat] = given_pack(desk.account)
    asked = [ask(desk, CourseFactory(), now=NOW) for _number in range(4)]
    place(desk, asked.pop(), seat)
    for each in asked:
        decline(desk, each)

    first = answers_to_requests(desk.account, Asked(limit=2))
    rest = answers_to_requests(desk.account, Asked(limit=2, at=first[-1].at, key=first[-1].key))

    assert [deed.key for deed in (*first, *rest)] == [each.pk for each in reversed(asked)]
    assert {deed.actor_id for deed in first} == {desk.bob.pk}
    assert answers_to_requests(desk.account, Asked(limit=2, actor_id=desk.carol.pk)) == []
    assert answers_to_requests(given_desk("Others").account, Asked(limit=2)) == []
