"""Pages and figures tell an end by time at once, before any job has written it down."""

import difflib
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.teams.models import Team
from enrolments.overview.numbers import seat_numbers
from enrolments.overview.thresholds import _rows_due
from enrolments.people.list_forms import Order
from enrolments.people.states import PersonState
from enrolments.seats.enter import enter_course
from enrolments.seats.expire import expire_seats
from enrolments.seats.lapse import lapse_seats
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.selectors import seat_counts, seats_by_state
from enrolments.teams.quota import seats_in_use
from enrolments.values import Terms
from outbox.mails.models import Mail
from tests.enrolments.given import assign, days, given_pack, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

MOMENT = timezone.now().replace(microsecond=0)
SEATS = re.compile(r"#\d+|(?:Assign|Manage|History) seat \d+|Available|Assigned|Consumed|Expired|Revoked")
SOLD = MOMENT - days(30)


@pytest.fixture
def account():
    """Return an account with seats of every fate: over while free, not entered in time, with and without validity left,
    entered, in time, of a session; of a team and of none."""
    account = CustomerAccountFactory(name="Ateliers Roy")
    operator = MembershipFactory(account=account, user__language="en").user
    course = CourseFactory(name_en="Noise")
    team = Team.objects.create(account=account, name="Nantes", quota=9)
    packs = [
        given_pack(account, seats=3, valid_until=MOMENT - days(1), now=SOLD),
        given_pack(account, seats=3, valid_until=MOMENT + days(20), start_before_days=5, now=SOLD),
        given_pack(account, seats=3, valid_until=MOMENT - days(2), start_before_days=5, now=SOLD),
        given_pack(account, seats=2, start_before_days=300, now=SOLD),
        given_pack(account, seats=1, terms=Terms(duration_days=3), now=SOLD),
    ]
    for number, pack in enumerate(packs):
        Seat.objects.filter(pk=pack[0].pk).update(team=team)
        for seat in pack[:2]:
            seat.refresh_from_db()
            assign(seat, course, f"p{number}{seat.number}@example.org", operator, now=SOLD + days(1))
    enter_course(user=Seat.objects.get(pk=packs[3][0].pk).person, course=course, now=SOLD + days(2))
    given_session(course, account, learners=(UserFactory(),), blanks=2, now=SOLD)
    Mail.objects.all().delete()
    return account


def run_the_jobs():
    assert lapse_seats(now=MOMENT) == 4
    assert expire_seats(now=MOMENT) > 1
    Mail.objects.all().delete()


def pages_of_operators(account):
    """Return the addresses of the pages that show states and numbers of seats and people."""
    seats, people = reverse("account-seats", args=[account.pk]), reverse("account-people", args=[account.pk])
    yield reverse("account-overview", args=[account.pk])
    yield reverse("account-sessions", args=[account.pk])
    yield reverse("account-calendar", args=[account.pk])
    yield reverse("account-teams", args=[account.pk])
    yield reverse("account-endings", args=[account.pk])
    for state in ("", *SeatState.values):
        yield f"{seats}?state={state}"
    for state in ("", *PersonState.values):
        yield f"{people}?state={state}&order={Order.NAME}"
    for each in account.delegations.all():
        yield reverse("account-person", args=[account.pk, each.pk])
    for batch in account.seat_batches.filter(group__isnull=False):
        yield reverse("account-session", args=[account.pk, batch.group_id])


def pages_of_merchants():
    yield reverse("admin:index")
    for state in ("", *SeatState.values):
        yield f"{reverse('admin:enrolments_seat_changelist')}?state={state}"
    for stage in ("running", "ahead", "over", "closed"):
        yield f"{reverse('admin:enrolments_enrolment_changelist')}?stage={stage}"


def text_of(client, url):
    """Return what a page says, without what belongs to the visit."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    text = re.sub(r"<(script|style).*?</\1>", "", answer.content.decode(), flags=re.S)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))
    # Lists of seats name who did not enter in time until the job has taken them off.
    return " ".join(SEATS.findall(text)) if "/seat" in url else text


def browser(user):
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def seen(account, owner, merchant):
    pages = {url: text_of(owner, url) for url in pages_of_operators(account)}
    return pages | {url: text_of(merchant, url) for url in pages_of_merchants()}


def test_every_page_says_the_same_before_the_jobs_as_after_them(account):
    owner = browser(account.memberships.get().user)
    merchant = browser(UserFactory(is_staff=True, is_superuser=True, language="en"))
    before = seen(account, owner, merchant)
    run_the_jobs()
    after = seen(account, owner, merchant)

    assert {url: changed_in(text, after[url]) for url, text in before.items() if after[url] != text} == {}


def changed_in(before, after):
    """Return the words that a page has lost and gained."""
    lines = difflib.unified_diff(before.split(" "), after.split(" "), lineterm="", n=2)
    return " ".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def test_every_figure_is_the_same_before_the_jobs_as_after_them(account):
    def figures():
        team = Team.objects.get()
        return {
            "shop": seats_by_state(now=MOMENT),
            "account": seat_counts(account, now=MOMENT).by_state,
            "overview": seat_numbers(account.pk, now=MOMENT).numbers,
            "team": seats_in_use(team, now=MOMENT),
            "used up": [(each.used, each.total) for each in _rows_due(9, MOMENT)],
        } | {state: Seat.objects.being(state, MOMENT).count() for state in SeatState.values}

    before = figures()
    run_the_jobs()

    assert before == figures()
    assert before["shop"] == {state: Seat.objects.filter(state=state).count() for state in SeatState}


def test_the_figures_tell_an_end_at_its_moment(account):
    [seat] = given_pack(account, valid_until=MOMENT, now=SOLD)
    moment = timedelta(microseconds=1)

    assert seats_by_state(now=MOMENT)[SeatState.EXPIRED] == seats_by_state(now=MOMENT - moment)[SeatState.EXPIRED] + 1
    assert seat.state == SeatState.AVAILABLE
