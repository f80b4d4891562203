"""Two people at the operator's desk at the same moment; each guard has its negative control."""

import datetime

import pytest
from django.utils import timezone

from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.people.services import PersonTyped
from enrolments.grounds.models import Ground
from enrolments.people import edit as edit_module
from enrolments.people import mail_again as mail_module
from enrolments.people.edit import edit_person, version_of
from enrolments.people.mail_again import mail_again
from enrolments.seats import assign as assign_module
from enrolments.seats.models import Seat
from outbox.mails.models import Mail
from tests.enrolments.given import assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import Rival, errors_among, no_row_locks, race, values_among

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def carol():
    """Return a person made and placed by one account alone, who never signed in; the mails are an hour old."""
    [seat] = given_pack(CustomerAccountFactory())
    user = assign(seat, CourseFactory(), "carol@example.org", UserFactory(), now=timezone.now()).user
    Mail.objects.update(created_at=timezone.now() - datetime.timedelta(hours=1))
    return user


# Two clicks on "mail again"


def two_clicks(carol, **how):
    account, now = carol.created_by_account, timezone.now()
    return race(
        *(
            lambda at=now + datetime.timedelta(milliseconds=number): mail_again(
                account=account, person_id=carol.pk, language="en", now=at
            )
            for number in range(2)
        ),
        before=[(mail_module, "invite_people")],
        **how,
    )


def test_two_clicks_are_one_mail(carol):
    assert errors_among(two_clicks(carol)) == ["MailedJustNow"]
    assert Mail.objects.count() == 2


def test_without_the_persons_lock_they_would_be_two(carol):
    assert errors_among(two_clicks(carol, without=no_row_locks)) == []
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


def two_edits(carol, **how):
    return race(
        edit(carol, first_name="Carole"),
        edit(carol, first_name="Caroline"),
        before=[(edit_module, "is_editable")],
        **how,
    )


def test_of_two_edits_the_second_is_told(carol):
    assert errors_among(two_edits(carol)) == ["PersonChanged"]


def test_without_the_persons_lock_one_edit_overwrites_the_other_unseen(carol):
    assert errors_among(two_edits(carol, without=no_row_locks)) == []


def test_one_new_address_goes_to_one_of_two_people(carol):
    [seat] = given_pack(CustomerAccountFactory())
    dan = assign(seat, CourseFactory(), "dan@example.org", UserFactory(), now=timezone.now()).user

    answers = race(
        edit(carol, email="new@example.org"), edit(dan, email="new@example.org"), before=[(edit_module, "_move")]
    )

    assert errors_among(answers) == ["AddressOfAnother"]
    assert User.objects.filter(email="new@example.org").count() == 1


# One account edits a person while another account places the same person


def placing(email):
    """Return a rival that assigns another account's seat to the address and returns the seat's key."""
    [seat] = given_pack(CustomerAccountFactory())
    course, operator = CourseFactory(), UserFactory()
    return lambda: assign(seat, course, email, operator, now=timezone.now()).seat.pk


def edit_and_placing(carol, **how):
    """Let the other account place the person between the check and the write of the edit; return the person placed."""
    answers = race(
        Rival(edit(carol, email="carole@example.org"), before=[(edit_module, "_move")]),
        placing("carol@example.org"),
        in_turn=True,
        **how,
    )
    assert errors_among(answers) == []
    edited, seat_id = values_among(answers)
    assert edited is True
    return Seat.objects.get(pk=seat_id).person


def test_whoever_places_a_person_who_is_just_being_edited_gets_the_address_they_typed(carol):
    placed = edit_and_placing(carol)

    carol.refresh_from_db()
    assert (carol.email, placed.email) == ("carole@example.org", "carol@example.org")
    assert placed != carol
    assert set(Ground.objects.filter(enrolment__user=carol).values_list("account", flat=True)) == {
        carol.created_by_account_id
    }


def test_without_the_persons_lock_they_would_be_placed_at_an_address_they_never_typed(carol):
    placed = edit_and_placing(carol, without=no_row_locks)

    assert placed == carol
    assert placed.email == "carole@example.org"


def test_an_edit_waits_for_a_placing_under_way_and_is_refused(carol):
    placed, edited = race(
        Rival(placing("carol@example.org"), before=[(assign_module, "find_or_open")]),
        edit(carol, email="carole@example.org"),
        in_turn=True,
    )

    assert (placed.error, edited.error) == ("", "PersonSettled")
    carol.refresh_from_db()
    assert carol.email == "carol@example.org"
