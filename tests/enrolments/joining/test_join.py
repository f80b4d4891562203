"""Seats taken by join links and printed codes: who gets one, as whose act, and who is refused."""

import pytest
from allauth.account.models import EmailAddress
from django.utils.translation import override

from accounts.members.models import Membership
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.teams.models import Team
from enrolments.courses.places.services import CourseFull
from enrolments.grounds.models import Enrolment
from enrolments.joining.errors import (
    JoinCodeUsed,
    JoinCourseClosed,
    JoinDomainRefused,
    JoinLinkEnded,
    JoinLinkUnknown,
    JoinLinkUsedUp,
    JoinLinkWithdrawn,
    TooManyPlaces,
)
from enrolments.joining.make import revoke_link
from enrolments.joining.models import JoinCode, JoinLink, JoinUse
from enrolments.joining.tokens import code_of, read_code
from enrolments.order_operators import ORDER_OPERATORS
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import SeatNotFound
from enrolments.seats.release import release_seat
from outbox.mails.models import Mail
from tests.enrolments.given import NOW, assign, days, given_pack, given_session
from tests.enrolments.joining.given import code, given_link, joins, operator_of, token
from tests.factories.accounts import CustomerAccountFactory, DelegationFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def bob():
    return UserFactory(first_name="Bob")


@pytest.fixture
def course():
    return CourseFactory()


def test_a_person_takes_a_seat_and_the_history_says_by_which_link_and_as_whose_act(account, bob, course):
    [seat] = given_pack(account)
    link = given_link(seat.batch, bob, course=course)

    joined = joins(token(link), "Ada@Example.org")

    seat.refresh_from_db()
    ada = User.objects.get(email="ada@example.org")
    assert (joined.course, joined.is_used) == (course, True)
    assert (seat.state, seat.person, seat.course, seat.assigned_by) == ("assigned", ada, course, bob)
    assert (ada.first_name, ada.created_by_account) == ("Ada", account)
    move = seat.events.latest("pk")
    assert (move.actor, move.reason_label) == (bob, f"Taken through join link {link.pk}")
    assert list(JoinUse.objects.values_list("link", "number", "seat", "person")) == [(link.pk, 1, seat.pk, ada.pk)]
    assert Delegation.objects.get(account=account).person == ada
    assert Enrolment.objects.filter(user=bob, course=course, role__code="teacher").exists()


def test_the_address_is_proved_by_it_and_one_mail_tells_the_learner(account, bob, course):
    [seat] = given_pack(account)
    stranger = User.objects.create_user(email="ada@example.org", password="typed before the proof")
    EmailAddress.objects.filter(user=stranger).delete()

    joins(token(given_link(seat.batch, bob, course=course)), "ada@example.org")

    stranger.refresh_from_db()
    assert not stranger.has_usable_password()
    assert EmailAddress.objects.get(user=stranger).verified
    assert list(Mail.objects.values_list("kind", "recipient")) == [("seat_assigned", "ada@example.org")]


def test_where_the_course_is_left_open_people_choose_among_those_the_seats_were_sold_for(account, bob):
    seat, _other = given_pack(account, seats=2, course_list="SEC-*")
    allowed, other = CourseFactory(short_name="SEC-1"), CourseFactory(short_name="DRIVE")
    link = given_link(seat.batch, bob, places=2)

    with pytest.raises(JoinCourseClosed):
        joins(token(link), "ada@example.org", other)
    with pytest.raises(JoinCourseClosed):
        joins(token(link), "ada@example.org")
    assert joins(token(link), "ada@example.org", allowed).course == allowed


def test_a_course_of_the_link_holds_whatever_is_posted(account, bob, course):
    [seat] = given_pack(account)

    assert joins(token(given_link(seat.batch, bob, course=course)), "ada@example.org", CourseFactory()).course == course


def test_a_session_is_joined_on_its_blank_seats_once_by_each_person(account, bob, course):
    seat = given_session(course, account, blanks=2, operator=operator_of(account, bob)).batch.seats.first()
    link = given_link(seat.batch, bob, places=2)

    assert joins(token(link), "ada@example.org").is_used
    again = joins(token(link), "ada@example.org")

    assert (again.course, again.is_used) == (course, False)
    assert Seat.objects.filter(state=SeatState.AVAILABLE).count() == 1
    assert JoinUse.objects.count() == 1


def test_a_tutors_seat_is_not_taken_by_a_link(account, bob, course):
    tutor = UserFactory()
    session = given_session(course, account, tutors=(tutor,), blanks=1, operator=operator_of(account, bob))
    seat = session.batch.seats.get(state="assigned")
    release_seat(account=account, seat_id=seat.pk, actor=bob, now=NOW)

    with pytest.raises(TooManyPlaces, match="1 of these"):
        given_link(session.batch, bob, places=2)


def test_somebody_the_account_has_enrolled_uses_no_seat_and_is_told(account, bob, course):
    first, second = given_pack(account, seats=2)
    assign(first, course, "ada@example.org", bob)
    link = given_link(second.batch, bob, course=course)

    joined = joins(token(link), "ada@example.org")

    assert not joined.is_used
    second.refresh_from_db()
    assert second.state == "available"
    assert not JoinUse.objects.exists()


def test_each_printed_code_is_good_for_one_seat(account, bob, course):
    seat = given_pack(account, seats=2)[0]
    link = given_link(seat.batch, bob, course=course, places=2, has_codes=True)

    joins(code(link, 2), "ada@example.org")

    with pytest.raises(JoinCodeUsed):
        joins(code(link, 2), "eve@example.org")
    assert joins(code(link, 1), "eve@example.org").is_used
    assert sorted(JoinUse.objects.values_list("number", flat=True)) == [1, 2]


def test_a_code_is_read_in_any_case_with_or_without_blanks_and_look_alikes(account, bob, course):
    [seat] = given_pack(account)
    link = given_link(seat.batch, bob, course=course, has_codes=True)
    written = code(link)

    assert len(written.replace("-", "")) == 16
    assert not set("ILOU") & set(written)
    typed = f" {written.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "
    assert joins(typed, "ada@example.org").is_used


def test_a_database_that_leaks_opens_nothing(account, bob, course):
    seat = given_pack(account, seats=2)[0]
    link = given_link(seat.batch, bob, course=course)
    codes = given_link(seat.batch, bob, course=course, has_codes=True)

    stored = [*JoinLink.objects.values_list("nonce", "token_hash"), *JoinCode.objects.values_list("code_hash")]
    for value in {each for row in stored for each in row if each}:
        with pytest.raises(JoinLinkUnknown):
            joins(value, "ada@example.org")
    assert (token(link) not in str(stored), read_code(code(codes)) not in str(stored)) == (True, True)


def test_a_link_shown_again_after_a_change_of_the_secret_key_is_the_one_given_out(account, bob, course, settings):
    seat = given_pack(account, seats=2)[0]
    codes = given_link(seat.batch, bob, course=course, has_codes=True)
    given = code(codes)

    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another secret key of these tests"

    assert code_of(codes.nonce, 1) != given
    assert code_of(codes.nonce, 1, stored_hash=codes.codes.get().code_hash) == given
    assert joins(given, "ada@example.org").is_used


@pytest.mark.parametrize("kind", ["withdrawn", "ended", "used up", "no seat left", "unknown"])
def test_a_link_that_takes_nobody_says_why_and_changes_nothing(account, bob, course, kind):
    seat = given_pack(account)[0]
    link = given_link(seat.batch, bob, course=course, ends_at=NOW + days(1))
    now, shown = NOW, token(link)
    if kind == "withdrawn":
        revoke_link(link=link, actor=bob, now=NOW)
        refusal, sentence = JoinLinkWithdrawn, "withdrawn"
    elif kind == "ended":
        now, refusal, sentence = NOW + days(1), JoinLinkEnded, "until 3 March 2026, 10:00"
    elif kind == "used up":
        given_pack(account)
        joins(shown, "eve@example.org")
        refusal, sentence = JoinLinkUsedUp, "All seats are taken"
    elif kind == "no seat left":
        assign(seat, course, "eve@example.org", bob)
        refusal, sentence = JoinLinkUsedUp, "All seats are taken"
    else:
        shown, refusal, sentence = "no-such-token", JoinLinkUnknown, "do not know"
    mails = Mail.objects.count()

    with pytest.raises(refusal, match=sentence):
        joins(shown, "ada@example.org", now=now)

    assert not User.objects.filter(email="ada@example.org").exists()
    assert Mail.objects.count() == mails


def test_only_addresses_of_the_allowed_domains_join(account, bob, course):
    seat = given_pack(account, seats=2)[0]
    link = given_link(seat.batch, bob, course=course, places=2, domains=("example.org", "école.fr"))

    for outside in ("ada@example.com", "ada@sub.example.org", "ada@example.org.example.net"):
        with pytest.raises(JoinDomainRefused, match=r"@example\.org, @école\.fr"):
            joins(token(link), outside)
    assert joins(token(link), "ada@EXAMPLE.org").is_used
    assert joins(token(link), "ada@xn--cole-9oa.fr").is_used


def test_a_full_course_refuses_and_keeps_the_seat(account, bob):
    course = CourseFactory(capacity=1)
    first, second = given_pack(account, seats=2)
    assign(first, course, "eve@example.org", bob)
    link = given_link(second.batch, bob, course=course)

    with pytest.raises(CourseFull):
        joins(token(link), "ada@example.org")

    second.refresh_from_db()
    assert second.state == "available"
    assert not User.objects.filter(email="ada@example.org").exists()


def test_seats_of_a_team_are_not_taken_by_a_link_and_a_full_teams_people_get_none(account, bob, course):
    first, second = given_pack(account, seats=2)
    nantes = Team.objects.create(account=account, name="Nantes", quota=0)
    Seat.objects.filter(pk=first.pk).update(team=nantes)
    link = given_link(second.batch, bob, course=course)
    DelegationFactory(
        account=account, operator=bob, person=UserFactory(email="eve@example.org"), email="eve@example.org", team=nantes
    )

    with pytest.raises(JoinLinkUsedUp):
        joins(token(link), "eve@example.org")
    joins(token(link), "ada@example.org")

    assert Seat.objects.get(state="assigned").pk == second.pk
    assert Delegation.objects.get(email="ada@example.org").team is None


# --- Whose act it is, asked when it runs ---


def test_a_maker_who_left_is_followed_by_the_orders_operator_then_by_an_owner(account, bob, course):
    seat = given_pack(account, seats=3)[0]
    link = given_link(seat.batch, bob, course=course, places=3)
    of_order, owner = operator_of(account, UserFactory()), UserFactory()
    Membership.objects.create(account=account, user=owner, is_owner=True, created_at=NOW)
    Membership.objects.filter(account=account, user=bob).delete()

    def acting(email):
        joins(token(link), email)
        return Seat.objects.get(person__email=email).assigned_by

    with ORDER_OPERATORS.temporarily("of the test", lambda order_id: of_order):
        assert acting("ada@example.org") == of_order
        Membership.objects.filter(account=account, user=of_order).delete()
        assert acting("eve@example.org") == owner
    Membership.objects.filter(account=account).delete()
    with pytest.raises(JoinLinkWithdrawn):
        joins(token(link), "carol@example.org")


def test_only_operators_make_links(account, bob, course):
    [seat] = given_pack(account)
    operator_of(account, bob)
    Membership.objects.filter(user=bob).update(is_operator=False, is_buyer=True)

    with pytest.raises(SeatNotFound):
        given_link(seat.batch, bob, course=course)
    assert not JoinLink.objects.exists()
