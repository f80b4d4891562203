"""The page /metrics: who may read it, and what it tells."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import yaml
from django.test import override_settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from outbox.jobs.models import Job, OutsideService
from outbox.mails.models import Mail
from project.watching import database, requests
from tests import servers
from tests.databases import make_migrated_database
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place
from tests.patience import PATIENCE_SECONDS
from tests.project.watching.test_settings import TOKEN
from tests.servers import PROJECT
from workbench import programs
from workbench.listener import HOST, listen
from workbench.supervisor import stop_all

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
    monkeypatch.setattr(database.Look, "answer", lambda self, asked, until: database.unknown())
    settings.METRICS_TOKEN = TOKEN
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"bad metrics token": "2/m/ip"}

    answers = [client.get("/metrics", headers={"Authorization": "Bearer no"}).status_code for _ in range(3)]

    assert answers == [401, 401, 429]
    assert client.get("/metrics", headers=RIGHT).status_code == 200


@pytest.mark.django_db
def test_the_database_tells_jobs_mails_deliveries_money_and_services():
    now = timezone.now()
    waits = {"kind": "greet", "urgency": Job.Urgency.REST, "max_attempts": 1}
    Job.objects.create(key="due", due_at=now - timedelta(seconds=90), **waits)
    Job.objects.create(key="later", due_at=now + timedelta(hours=1), **waits)
    Job.objects.create(key="dead", state=Job.State.DEAD, finished_at=now, **waits)
    Job.objects.create(key="done", kind="fulfil_line", state=Job.State.DONE, finished_at=now, max_attempts=1)
    OutsideService.objects.create(name="smtp", failures=3, failing_since=now, left_alone_until=now)
    order = place(make_cart(EntryFactory()))

    found = told()

    assert found["amphi_database_up", ()] == 1
    assert found["amphi_jobs", ("greet", "rest", "due")] == 1
    assert found["amphi_jobs", ("greet", "rest", "later")] == 1
    assert found["amphi_jobs", ("greet", "rest", "dead")] == 1
    assert found["amphi_job_oldest_due_seconds", ("greet", "rest")] == pytest.approx(90, abs=20)
    assert found["amphi_jobs_done_lately", ("fulfil_line",)] == 1
    assert found["amphi_mails", ("waiting",)] == Mail.objects.queued().count() > 0
    assert found["amphi_deliveries", ("fulfilled_lately",)] == 1
    assert found["amphi_orders_unpaid_amount", (order.method or "none", "EUR")] == float(order.gross) > 0
    assert found["amphi_outside_service_away", ("smtp",)] == 1
    assert found["amphi_database_connections_max", ()] > sum(
        value for (name, _labels), value in found.items() if name == "amphi_database_connections"
    )


@pytest.mark.django_db
def test_as_many_statements_for_many_rows_as_for_none(django_assert_num_queries):
    with django_assert_num_queries(11):
        database.read()
    for _ in range(3):
        place(make_cart(EntryFactory()))
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


@contextmanager
def running_web_server() -> Iterator[str]:
    """Run a web server of two processes on a database of its own; yield its address."""
    database = f"watched_shop_{servers.worker_number()}"
    make_migrated_database(database)
    with listen(0) as listener:
        address = f"http://{HOST}:{listener.getsockname()[1]}"
        environment = dict(os.environ) | {
            "DJANGO_SETTINGS_MODULE": "project.settings.test",
            "DATABASE_URL": servers.addresses().database_url_for(database),
            "SITE_URL": address,
            "METRICS_TOKEN": TOKEN,
        }
        log = servers.addresses().data / f"{database}.log"
        web = programs.web(PROJECT, environment, listener.fileno(), log=log).start()
        try:
            web.wait_until(lambda: status_of(f"{address}/healthz") == 200, seconds=PATIENCE_SECONDS)
            yield address
        finally:
            stop_all([web])


def status_of(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@pytest.mark.end_to_end
def test_the_processes_of_a_web_server_count_together_and_tell_all_that_is_asked_for():
    with running_web_server() as address:
        assert [status_of(f"{address}/cart/") for _ in range(30)] == [200] * 30
        assert status_of(f"{address}/orders/a-secret-token/") in (302, 404)
        assert status_of(f"{address}/metrics") == 401
        by_address = urllib.request.Request(f"{address}/metrics", headers=RIGHT | {"Host": "10.0.0.7"})
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
