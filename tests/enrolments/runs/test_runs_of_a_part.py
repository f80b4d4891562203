"""Acts on many seats by operators who are limited to a part of their account: the run keeps to that part."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from accounts.members.models import Membership
from accounts.members.parts import Part
from enrolments.runs.running import start_run
from enrolments.seats import many_views
from enrolments.seats.many import Act, fingerprint_of, look_at
from enrolments.seats.models import Seat
from enrolments.seats.selectors import seats_of
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from tests.enrolments.given import assign
from tests.enrolments.teams.given import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    world = World()
    world.limit(teams=[world.nantes.pk])
    assign(world.inside[1], world.safety, "eve@example.org", world.alice, now=timezone.now())
    return world


@pytest.fixture
def client(world):
    client = Client(headers={"accept-language": "en"})
    client.force_login(world.bob)
    return client


def begin(world, act=Act.RELEASE, *, people=(), operator=None):
    now = timezone.now()
    operator = operator or world.bob
    part = Part.of(Membership.objects.get(account=world.account, user=operator))
    seats = list(seats_of(world.account).filter(pk__in=[] if people else [seat.pk for seat in world.inside[:2]]))
    acted = {
        "account": world.account, "act": act, "seats": seats, "people": people, "to": None, "part": part, "now": now,
    }  # fmt: skip
    seen = fingerprint_of(act, None, look_at(**acted))
    return start_run(**acted, seen=seen, actor=operator, language="en")


def rows(run):
    return list(run.rows.order_by("position").values_list("step", "why"))


def test_more_than_a_request_bears_is_done_by_jobs_and_shown(world, client, monkeypatch):
    monkeypatch.setattr(many_views, "AT_ONCE", 1)
    asked = {"act": "release", "which": "all"}
    page = client.get(world.url("account-people-many"), asked)
    assert "zoe@example.org" not in page.text

    answer = client.post(
        world.url("account-people-many"), asked | {"seen": page.context["form"]["seen"].value(), "reason": ""}
    )
    run_due_jobs()

    assert set(Seat.objects.filter(state="assigned").values_list("pk", flat=True)) == {world.outside[0].pk}
    page = client.get(answer.url)
    assert "ann@example.org" in page.text
    assert answer.url in client.get(world.url("account-runs")).text


def test_what_left_the_part_before_its_turn_is_left_alone(world):
    run = begin(world)
    Seat.objects.filter(pk=world.inside[0].pk).update(team=world.brest)

    run_due_jobs()

    assert rows(run) == [("left", "seat_not_found"), ("done", "")]


def test_a_person_who_left_the_part_is_not_mailed(world):
    ann = world.delegation("ann@example.org")
    Mail.objects.update(created_at=timezone.now() - datetime.timedelta(days=2))
    run = begin(world, Act.INVITE, people=[ann.person_id])
    Seat.objects.filter(pk=world.inside[0].pk).update(team=world.brest)
    type(ann).objects.filter(pk=ann.pk).update(team=world.brest)
    before = Mail.objects.count()

    run_due_jobs()

    assert rows(run) == [("left", "person_not_found")]
    assert Mail.objects.count() == before


@pytest.mark.parametrize(
    ("limits", "state"),
    [
        (lambda world: {"teams": [world.nantes.pk, world.brest.pk]}, "done"),
        (lambda world: {"teams": [world.brest.pk]}, "stopped"),
        (lambda world: None, "done"),
    ],
)
def test_limits_that_no_longer_hold_all_of_the_run_end_it(world, client, limits, state):
    run = begin(world)
    Membership.objects.filter(pk=world.membership.pk).update(limits=limits(world))

    run_due_jobs()

    run.refresh_from_db()
    assert run.state == state
    shown = client.get(world.url("account-run", run.pk)).status_code
    assert shown == (200 if state == "done" else 404)


def test_a_run_over_the_whole_account_is_not_shown_once_its_operator_is_limited(world, client):
    Membership.objects.filter(pk=world.membership.pk).update(limits=None)
    run = begin(world)
    world.limit(teams=[world.nantes.pk])

    assert client.get(world.url("account-run", run.pk)).status_code == 404
    run_due_jobs()
    run.refresh_from_db()
    assert run.state == "stopped"


def test_a_colleague_s_run_of_the_same_seats_is_another_one(world):
    assert begin(world, operator=world.alice) != begin(world)
