"""Payments that no provider answers: on the start page, in their list, and linked from their orders."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from shop.payments.attempts.answers import note_answer
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import start_payment
from shop.payments.attempts.sweep import ask_about_attempt, give_up
from shop.payments.port import CallRefused
from shop.payments.providers.sandbox.provider import event_of
from shop.payments.registry import get_provider
from shop.payments.services import settle
from tests.factories.shop import charge_at_sandbox, make_cart, place
from tests.shop.merchants import browser_of, staff
from tests.shop.merchants import client as client
from tests.shop.merchants import merchant as merchant

pytestmark = pytest.mark.django_db

sandbox = get_provider("sandbox")


@pytest.fixture
def attempt(probe_entry) -> PaymentAttempt:
    return start_payment(order=place(make_cart(probe_entry)), provider=sandbox, now=timezone.now())


def in_sight(**changed: object) -> bool:
    PaymentAttempt.objects.update(**changed)
    return PaymentAttempt.objects.needing_attention().exists()


def ago(**units: float) -> datetime:
    return timezone.now() - timedelta(**units)


def test_what_hangs_or_was_given_up_stands_on_the_start_page(attempt):
    client = browser_of(staff("shop.view_paymentattempt"))
    give_up(Q(pk=attempt.pk), now=timezone.now())
    [count] = client.get("/admin/").context["counts"]
    assert (str(count.label), count.number) == ("Payments without an answer", 1)
    assert list(client.get(count.url).context["cl"].result_list) == [attempt]


def test_it_is_in_sight_while_nobody_knows_whether_money_moved(attempt):
    assert not in_sight()
    assert not in_sight(problem="timeout", begun_at=ago(hours=23))
    assert in_sight(begun_at=ago(hours=25))
    assert not in_sight(problem="", begun_at=ago(days=14.9))
    assert in_sight(begun_at=ago(days=15.1))
    assert in_sight(state="given_up", ask_again_at=None, begun_at=ago(days=59))
    assert not in_sight(begun_at=ago(days=61))
    assert not in_sight(state="ended", begun_at=ago(days=1))


def test_an_answer_takes_the_last_problem_away(attempt, monkeypatch):
    def refuse(notice, *, now):
        raise CallRefused("no_such_key")

    with monkeypatch.context() as patched:
        patched.setattr(sandbox, "fetch", refuse)
        ask_about_attempt(attempt_id=attempt.pk, now=timezone.now())
    attempt.refresh_from_db()
    assert attempt.problem == "no_such_key"
    ask_about_attempt(attempt_id=attempt.pk, now=timezone.now())
    attempt.refresh_from_db()
    assert attempt.problem == ""


def test_a_late_answer_ends_one_that_was_given_up(attempt):
    give_up(Q(pk=attempt.pk), now=timezone.now())
    charge = charge_at_sandbox(attempt.order, now=timezone.now())
    settle(event=event_of(charge, event_id="late"), now=timezone.now())
    note_answer(replace(event_of(charge, event_id="late"), attempt_key=str(attempt.key)), now=timezone.now())
    attempt.refresh_from_db()
    assert attempt.state == "ended"


def test_the_page_of_an_order_leads_to_its_attempts_and_hides_them_from_who_may_not_see_them(attempt, client):
    page = client.get(reverse("admin:shop_order_change", args=[attempt.order_id]))
    link = f"{reverse('admin:shop_paymentattempt_changelist')}?q={attempt.order.number}"
    assert link in page.text
    assert list(client.get(link).context["cl"].result_list) == [attempt]
    assert client.get(reverse("admin:shop_paymentattempt_change", args=[attempt.pk])).status_code == 200

    sales = browser_of(staff("shop.view_order"))
    assert "paymentattempt" not in sales.get(reverse("admin:shop_order_change", args=[attempt.order_id])).text
    assert sales.get(link).status_code == 403


def test_they_are_filtered_by_state_and_method(attempt, client):
    for query, found in {
        "state__exact=started": [attempt],
        "state__exact=given_up": [],
        "by=sandbox": [attempt],
        "by=transfer": [],
        "todo=attention": [],
    }.items():
        page = client.get(f"{reverse('admin:shop_paymentattempt_changelist')}?{query}")
        assert list(page.context["cl"].result_list) == found, query
