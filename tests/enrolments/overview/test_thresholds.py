"""Operators are told when the seats of an entry are nearly used up, and when all are: once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.members.models import Membership
from enrolments.overview import thresholds
from enrolments.overview.mail_kinds import is_due
from enrolments.overview.models import UsedUp
from enrolments.overview.tasks import tell_of_used_up_seats
from enrolments.overview.thresholds import tell_used_up
from enrolments.seats.models import Seat
from enrolments.seats.release import release_seat
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.given import NOW, assign, days, given_pack, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def olga(account):
    return MembershipFactory(account=account, is_owner=False, is_operator=True, user__language="en").user


def use(seats, operator):
    course = CourseFactory()
    for seat in seats:
        assign(seat, course, f"p{seat.pk}@example.org", operator)


def told():
    """Return (percent, recipient) of each mail, in the order of their making."""
    mails = Mail.objects.filter(kind="seats_used_up").order_by("pk")
    return [(100 if mail.context["is_all"] else 80, mail.recipient) for mail in mails]


def test_operators_hear_at_80_and_at_100_percent_each_once(account, olga):
    owner = MembershipFactory(account=account).user
    MembershipFactory(account=account, is_owner=False, is_buyer=True, is_accountant=True)
    seats = given_pack(account, seats=5)

    use(seats[:3], olga)
    tell_used_up(now=NOW)
    assert told() == []

    use(seats[3:4], olga)
    for _twice in range(2):
        tell_of_used_up_seats()
    assert sorted(told()) == sorted([(80, olga.email), (80, owner.email)])

    use(seats[4:], olga)
    for _twice in range(2):
        tell_of_used_up_seats()
    assert sorted(told()) == sorted([(80, olga.email), (80, owner.email), (100, olga.email), (100, owner.email)])


def test_all_at_once_is_told_by_one_mail_and_a_freed_seat_brings_no_other(account, olga):
    seats = given_pack(account, seats=5)
    use(seats, olga)
    tell_used_up(now=NOW)
    release_seat(account=account, seat_id=seats[0].pk, actor=olga, now=NOW + days(1))
    tell_used_up(now=NOW)
    use(seats[:1], olga)
    tell_used_up(now=NOW)

    assert told() == [(100, olga.email)]
    assert list(UsedUp.objects.order_by("percent").values_list("percent", flat=True)) == [80, 100]


def test_seats_bought_later_are_told_of_anew(account, olga):
    use(given_pack(account, seats=2), olga)
    tell_used_up(now=NOW)
    more = given_pack(account, seats=2)
    tell_used_up(now=NOW)
    assert told() == [(100, olga.email)]

    use(more, olga)
    tell_used_up(now=NOW)

    assert told() == [(100, olga.email)] * 2


def test_revoked_seats_and_sessions_do_not_count_seats_that_expired_do(account, olga):
    seats = given_pack(account, seats=4)
    given_session(CourseFactory(), account, learners=(UserFactory(),))
    use(seats[:2], olga)
    Seat.objects.filter(pk=seats[3].pk).update(state="expired")
    tell_used_up(now=NOW)
    assert told() == []

    Seat.objects.filter(pk__in=[seats[2].pk, seats[3].pk]).update(state="revoked")
    tell_used_up(now=NOW)

    assert told() == [(100, olga.email)]


def test_who_does_not_want_it_hears_nothing(account, olga):
    use(given_pack(account), olga)
    Membership.objects.update(wants_thresholds=False)

    tell_used_up(now=NOW)

    assert told() == []
    assert UsedUp.objects.count() == 2


def test_an_account_without_members_is_told_once_it_has_one(account):
    [seat] = given_pack(account)
    eve = UserFactory()
    use([seat], eve)
    Membership.objects.all().delete()
    assert tell_used_up(now=NOW) == 0

    owner = MembershipFactory(account=account).user
    tell_used_up(now=NOW)

    assert told() == [(100, owner.email)]


def test_the_mail_says_how_many_are_left_and_leads_to_the_seats(account, olga):
    seats = given_pack(account, seats=5)
    use(seats[:4], olga)
    tell_used_up(now=NOW)
    mail = Mail.objects.get(kind="seats_used_up")

    shown = render_mail(mail, blank_secrets=False)

    assert shown.subject == "“Safety”: seats are nearly used up"
    assert "Ateliers Martin has used 4 of 5 seats of “Safety”: 1 is left." in shown.text
    assert f"/account/{account.pk}/seats/?entry=SAFETY" in shown.text
    assert shown.unsubscribe_url in shown.html
    assert is_due(mail, NOW)
    Membership.objects.filter(user=olga).update(is_operator=False, is_accountant=True)
    assert not is_due(mail, NOW)
    Membership.objects.all().delete()
    assert not is_due(mail, NOW)


def test_takes_as_many_statements_for_many_entries(olga, account):
    def statements():
        with CaptureQueriesContext(connection) as made:
            tell_used_up(now=NOW)
        return len(made)

    use(given_pack(account), olga)
    once = statements()
    for _number in range(4):
        other = CustomerAccountFactory()
        use(given_pack(other), MembershipFactory(account=other).user)

    assert statements() == once
    assert len(told()) == 5


@pytest.mark.django_db(transaction=True)
def test_two_tasks_at_once_tell_once():
    account = CustomerAccountFactory()
    use(given_pack(account), MembershipFactory(account=account).user)

    race(*(lambda: tell_used_up(now=NOW) for _ in range(2)), after=[(thresholds, "_rows_due")])

    assert len(told()) == 1


def test_the_mail_leads_to_more_of_the_entry(account, olga):
    use(given_pack(account, seats=1), olga)
    tell_used_up(now=NOW)

    mail = render_mail(Mail.objects.get(kind="seats_used_up"), blank_secrets=False)

    assert all(f"/account/{account.pk}/more/SAFETY/" in text for text in (mail.text, mail.html))


def test_an_operator_of_a_part_hears_nothing_of_the_whole(account, olga):
    Membership.objects.filter(user=olga).update(limits={"teams": [], "orders": [1], "courses": []})
    use(given_pack(account, seats=1), MembershipFactory(account=account).user)
    tell_used_up(now=NOW)

    assert olga.email not in {recipient for _percent, recipient in told()}
