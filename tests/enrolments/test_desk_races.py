"""Two people at the operator's desk at the same moment. Each guard has its negative control."""

import datetime
import threading

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Delegation, User
from accounts.services.people import PersonTyped
from enrolments.models import Ground, Seat
from enrolments.services.people import edit as edit_module
from enrolments.services.people import mail_again as mail_module
from enrolments.services.people.edit import AddressOfAnother, PersonChanged, edit_person, version_of
from enrolments.services.people.mail_again import MailedJustNow, mail_again
from enrolments.services.seats import assign as assign_module
from enrolments.services.seats.assign import Assignment
from enrolments.services.seats.moves import SeatNotFree
from outbox.models import Mail
from tests.enrolments.given import assign, given_pack
from tests.enrolments.rivals import MeetingPoint, at_once, before, without_row_locks
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def carol():
    """Made and placed by one account alone; she never signed in. Her mails are an hour old."""
    [seat] = given_pack(CustomerAccountFactory())
    user = assign(seat, CourseFactory(), "carol@example.org", UserFactory(), now=timezone.now()).user
    Mail.objects.update(created_at=timezone.now() - datetime.timedelta(hours=1))
    return user


def outcomes(answers):
    return sorted(type(answer).__name__ for answer in answers)


# Two tabs assign one seat


def test_of_two_operators_one_gets_the_seat_and_the_other_is_told_who_did(monkeypatch):
    [seat] = given_pack(CustomerAccountFactory())
    alice, bob = UserFactory(), UserFactory()
    # Into two courses, so that the lock of a course does not keep them apart.
    before(monkeypatch, assign_module, "_take", MeetingPoint(2, patience=15).wait)

    answers = at_once(
        lambda: assign(seat, CourseFactory(), "carol@example.org", alice),
        lambda: assign(seat, CourseFactory(), "dan@example.org", bob),
    )

    assert outcomes(answers) == ["Assignment", "SeatNotFree"]
    [won] = [answer for answer in answers if isinstance(answer, Assignment)]
    [lost] = [answer for answer in answers if isinstance(answer, SeatNotFree)]
    seat.refresh_from_db()
    assert seat.person == won.user
    assert lost.actor == seat.assigned_by
    assert lost.at == seat.assigned_at
    # Of the second one nothing is left, not even the person typed.
    assert User.objects.filter(email__in=["carol@example.org", "dan@example.org"]).count() == 1


# Two clicks on "mail again"


def two_mails(carol, monkeypatch, patience):
    account, now = carol.created_by_account, timezone.now()
    before(monkeypatch, mail_module, "invite_people", MeetingPoint(2, patience).wait)
    return at_once(
        *(
            lambda at=now + datetime.timedelta(milliseconds=number): mail_again(
                account=account, person_id=carol.pk, language="en", now=at
            )
            for number in range(2)
        )
    )


def test_two_clicks_are_one_mail(carol, monkeypatch):
    answers = two_mails(carol, monkeypatch, patience=0.6)

    assert outcomes(answers) == ["MailedJustNow", "NoneType"]
    assert isinstance(next(filter(None, answers)), MailedJustNow)
    assert Mail.objects.count() == 2


def test_without_the_persons_lock_they_would_be_two(carol, monkeypatch):
    without_row_locks(monkeypatch)

    assert outcomes(two_mails(carol, monkeypatch, patience=15)) == ["NoneType", "NoneType"]
    assert Mail.objects.count() == 3


# Two operators edit one person


def edit(carol, **changes):
    shown = Delegation.objects.get(person=carol)
    typed = {"email": shown.email, "first_name": shown.first_name, "last_name": shown.last_name} | changes
    version, account = version_of(shown), shown.account
    return lambda: edit_person(
        account=account,
        person_id=carol.pk,
        person=PersonTyped(**typed),
        expected_version=version,
        language="en",
        now=timezone.now(),
    )


def two_edits(carol, monkeypatch, patience):
    before(monkeypatch, edit_module, "is_editable", MeetingPoint(2, patience).wait)
    return at_once(edit(carol, first_name="Carole"), edit(carol, first_name="Caroline"))


def test_of_two_edits_the_second_is_told(carol, monkeypatch):
    answers = two_edits(carol, monkeypatch, patience=0.6)

    assert outcomes(answers) == ["PersonChanged", "bool"]
    assert any(isinstance(answer, PersonChanged) for answer in answers)


def test_without_the_persons_lock_one_edit_overwrites_the_other_unseen(carol, monkeypatch):
    without_row_locks(monkeypatch)

    assert outcomes(two_edits(carol, monkeypatch, patience=15)) == ["bool", "bool"]


def test_one_new_address_goes_to_one_of_two_people(carol, monkeypatch):
    [seat] = given_pack(CustomerAccountFactory())
    dan = assign(seat, CourseFactory(), "dan@example.org", UserFactory(), now=timezone.now()).user
    before(monkeypatch, edit_module, "_move", MeetingPoint(2, patience=15).wait)

    answers = at_once(edit(carol, email="new@example.org"), edit(dan, email="new@example.org"))

    assert outcomes(answers) == ["AddressOfAnother", "bool"]
    assert any(isinstance(answer, AddressOfAnother) for answer in answers)
    assert User.objects.filter(email="new@example.org").count() == 1


# One account edits a person while another one places him


def edit_and_placing(carol, monkeypatch):
    """The other account begins between the check and the write of the edit, and has a second for itself."""
    [seat] = given_pack(CustomerAccountFactory())
    course, operator, answers = CourseFactory(), UserFactory(), []

    def place():
        answers.extend(at_once(lambda: assign(seat, course, "carol@example.org", operator, now=timezone.now())))

    rival = threading.Thread(target=place)

    def let_the_rival_in():
        rival.start()
        rival.join(1)

    before(monkeypatch, edit_module, "_move", let_the_rival_in)
    [edited] = at_once(edit(carol, email="carole@example.org"))
    rival.join(20)
    assert (edited, outcomes(answers)) == (True, ["Assignment"])
    return Seat.objects.get(pk=seat.pk).person


def test_whoever_places_a_person_who_is_just_being_edited_gets_the_address_he_typed(carol, monkeypatch):
    placed = edit_and_placing(carol, monkeypatch)

    carol.refresh_from_db()
    assert (carol.email, placed.email) == ("carole@example.org", "carol@example.org")
    assert placed != carol
    assert set(Ground.objects.filter(enrolment__user=carol).values_list("account", flat=True)) == {
        carol.created_by_account_id
    }


def test_without_the_persons_lock_he_would_be_placed_at_an_address_he_never_typed(carol, monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_how: self)

    placed = edit_and_placing(carol, monkeypatch)

    assert placed == carol
    assert placed.email == "carole@example.org"


def test_an_edit_waits_for_a_placing_under_way_and_is_refused(carol, monkeypatch):
    [seat] = given_pack(CustomerAccountFactory())
    course, operator, answers = CourseFactory(), UserFactory(), []
    put_right = edit(carol, email="carole@example.org")
    rival = threading.Thread(target=lambda: answers.extend(at_once(put_right)))

    def let_the_rival_in():
        rival.start()
        rival.join(1)

    before(monkeypatch, assign_module, "find_or_open", let_the_rival_in)
    assign(seat, course, "carol@example.org", operator, now=timezone.now())
    rival.join(20)

    assert outcomes(answers) == ["PersonSettled"]
    carol.refresh_from_db()
    assert carol.email == "carol@example.org"
