"""The page /metrics: who may read it, and what it tells."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from datetime import timedelta
from decimal import Decimal

import pytest
import yaml
from django.test import override_settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from outbox.jobs.models import Job, OutsideService
from project.watching import database, requests
from tests.factories.shop import OrderFactory
from tests.project.watching.test_settings import TOKEN
from tests.running_shop import run_shop
from tests.servers import PROJECT

RIGHT = {"Authorization": f"Bearer {TOKEN}"}


def figures(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Return the value of each sample by its name and the values of its labels."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def told() -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in database.read()
        for sample in family.samples
    }


@pytest.mark.django_db
def test_without_a_token_the_page_does_not_exist(client):
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.django_db
@override_settings(METRICS_TOKEN=TOKEN)
@pytest.mark.parametrize("shown", ["", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer ", "Bearer é"])
def test_a_wrong_token_opens_nothing(client, shown):
    answer = client.get("/metrics", headers={"Authorization": shown})

    assert (answer.status_code, answer.content, answer["WWW-Authenticate"]) == (401, b"", "Bearer")


@pytest.mark.django_db
def test_wrong_tokens_are_counted_and_the_right_one_is_let_in(client, settings, monkeypatch):
    monkeypatch.setattr(database.Look, "answer", lambda self, until: database.unknown())
    settings.METRICS_TOKEN = TOKEN
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"bad metrics token": "2/m/ip"}

    answers = [client.get("/metrics", headers={"Authorization": "Bearer no"}).status_code for _ in range(3)]

    assert answers == [401, 401, 429]
    assert client.get("/metrics", headers=RIGHT).status_code == 200


@pytest.mark.django_db
def test_the_database_tells_jobs_mails_deliveries_money_and_services():
    now = timezone.now()
    waits = {"kind": "send_mail", "urgency": Job.Urgency.MAILS, "max_attempts": 1}
    Job.objects.create(key="due", due_at=now - timedelta(seconds=90), **waits)
    Job.objects.create(key="later", due_at=now + timedelta(hours=1), **waits)
    Job.objects.create(key="dead", state=Job.State.DEAD, finished_at=now, **waits)
    Job.objects.create(key="done", kind="fulfil_line", state=Job.State.DONE, finished_at=now, max_attempts=1)
    OutsideService.objects.create(name="smtp", failures=3, failing_since=now, left_alone_until=now)
    order = OrderFactory(gross=Decimal("120.00"))

    found = told()

    assert found["amphi_database_up", ()] == 1
    assert found["amphi_jobs", ("send_mail", "mails", "due")] == 1
    assert found["amphi_jobs", ("send_mail", "mails", "later")] == 1
    assert found["amphi_jobs", ("send_mail", "mails", "dead")] == 1
    assert found["amphi_job_oldest_due_seconds", ("send_mail", "mails")] == pytest.approx(90, abs=20)
    assert found["amphi_jobs_done_lately", ("fulfil_line",)] == 1
    assert found["amphi_mails", ("waiting",)] == 2
    assert found["amphi_deliveries", ("fulfilled_lately",)] == 1
    assert found["amphi_orders_unpaid_amount", (order.method or "none", "EUR")] == 120
    assert found["amphi_outside_service_away", ("smtp",)] == 1
    assert found["amphi_database_connections_max", ()] > sum(
        value for (name, _labels), value in found.items() if name == "amphi_database_connections"
    )


@pytest.mark.django_db
def test_as_many_statements_for_many_rows_as_for_none(django_assert_num_queries):
    with django_assert_num_queries(11):
        database.read()
    OrderFactory.create_batch(3)
    Job.objects.bulk_create(Job(kind="send_mail", key=f"job:{n}", max_attempts=1) for n in range(200))
    with django_assert_num_queries(11):
        database.read()


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_told(monkeypatch):
    def gone() -> None:
        raise database.DatabaseError

    monkeypatch.setattr(database, "_jobs", gone)

    assert told() == {("amphi_database_up", ()): 0}


def test_a_request_is_named_by_its_address_and_not_by_what_stands_in_it(rf):
    request = rf.generic("BREW", "/orders/secret/")

    assert (requests.view_of(request), requests.method_of(request)) == ("none", "other")


@pytest.mark.end_to_end
@pytest.mark.xdist_group("running_shop")
def test_the_processes_of_a_running_shop_count_together(monkeypatch):
    monkeypatch.setenv("METRICS_TOKEN", TOKEN)
    with run_shop() as shop:
        for _ in range(30):
            with urllib.request.urlopen(f"{shop.base_url}/cart/") as answer:
                answer.read()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{shop.base_url}/orders/a-secret-token/")
        by_address = urllib.request.Request(f"{shop.base_url}/metrics", headers=RIGHT | {"Host": "10.0.0.7"})
        scrapes = []
        for _ in range(6):
            with urllib.request.urlopen(by_address) as answer:
                scrapes.append(answer.read().decode())

    for text in scrapes:
        found = figures(text)
        assert found["amphi_requests_total", ("GET", "2xx", "cart")] == 30
        assert found["amphi_request_seconds_count", ("cart",)] == 30
        assert found["amphi_database_up", ()] == 1
        assert "a-secret-token" not in text
    named = {name for name, _labels in figures(scrapes[-1])}
    # Figures of which a quiet shop has none to tell.
    named |= set(re.findall(r"^# TYPE (\w+)", scrapes[-1], re.M))
    asked = names_asked_for()
    assert len(asked) > 12
    assert asked <= named


def names_asked_for() -> set[str]:
    """Return every figure that the alerts and the dashboard name."""
    folder = PROJECT / "docs" / "monitoring"
    groups = yaml.safe_load((folder / "alerts.yml").read_text())["groups"]
    panels = json.loads((folder / "dashboard.json").read_text())["panels"]
    asked = [rule["expr"] for group in groups for rule in group["rules"]]
    asked += [target["expr"] for panel in panels for target in panel["targets"]]
    return {name for expression in asked for name in re.findall(r"\bamphi_\w+", expression)}
