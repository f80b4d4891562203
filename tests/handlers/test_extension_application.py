"""An extension that is a Django application too: tables, pages, settings, and jobs told on the order's page."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from handlers import registry
from handlers.contract import Feedback, Handler
from handlers.own_settings import SettingMissing, own_setting
from outbox.jobs.models import Job
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import NewJob, enqueue_many
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.servers import PROJECT
from tests.shop.admin_pages import order_url, text_of
from tests.shop.merchants import browser_of

FOLDER = str(Path(__file__).parent / "extensions")
NAME = "ext_callcentre"
ASK = f"""
import django
django.setup()
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from handlers import registry
assert reverse("{NAME}:hours") == "/x/{NAME}/hours/"
assert Client().get("/x/{NAME}/hours/").content == b"We call from 9 to 18."
assert registry.get_handler("{NAME}").label == "Calls by the call centre"
assert registry.problems() == [], registry.problems()
call_command("makemigrations", "{NAME}", check=True, dry_run=True)
"""


def test_the_environment_alone_adds_tables_and_pages():
    environment = {**os.environ, "HANDLER_DIRS": FOLDER, "HANDLER_APPS": NAME, "ALLOWED_HOSTS": "testserver"}

    done = subprocess.run(
        [sys.executable, "-c", ASK], env=environment, cwd=PROJECT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


class Calls(Handler):
    """Handler that records a job of its own at delivery, as ext_callcentre does."""

    name = "ext_calls"
    label = "Calls"

    def post_payment(self, line):
        key = f"ext_calls_book:{line.line_id}"
        enqueue_many([NewJob(kind="ext_calls_book", key=key, account_id=line.account.pk, order_id=line.order_id)])
        return Feedback()


def book(_job, _now):
    own_setting("ext_calls", "token")


@pytest.fixture
def order(db):
    with temporary_job_kind("ext_calls_book", book, io=True, max_attempts=5), registry.temporary(Calls):
        order = place(make_cart(EntryFactory(handler="ext_calls", name_en="Call")))
        pay(order)
        yield order


def test_its_job_runs_beside_the_delivery_and_stands_on_the_orders_page(order, monkeypatch):
    monkeypatch.setenv("EXT_CALLS_TOKEN", "secret-of-this-shop")

    deliver(order)

    job = Job.objects.get(kind="ext_calls_book")
    assert (job.state, job.order_id) == ("done", order.pk)
    merchant = browser_of(UserFactory(is_staff=True, is_superuser=True))
    assert "ext calls book" in text_of(merchant.get(order_url(order)))


def test_its_job_that_fails_is_told_on_the_orders_page_though_the_line_is_delivered(order, monkeypatch):
    monkeypatch.delenv("EXT_CALLS_TOKEN", raising=False)

    deliver(order)
    Job.objects.filter(kind="ext_calls_book").update(attempts=4, due_at="2020-01-01T00:00Z")
    run_due_jobs()

    assert order.status == "completed"
    merchant = browser_of(UserFactory(is_staff=True, is_superuser=True))
    page = text_of(merchant.get(order_url(order)))
    assert "failed job" in page
    assert "EXT_CALLS_TOKEN" in page


def test_a_job_of_an_extension_that_is_gone_says_so(order):
    deliver(order)
    Job.objects.filter(kind="ext_calls_book").update(kind="ext_gone_book", state="pending", finished_at=None)

    merchant = browser_of(UserFactory(is_staff=True, is_superuser=True))

    assert "Nothing knows how to run a job of the kind “ext_gone_book”" in text_of(merchant.get(order_url(order)))


def test_a_setting_that_is_missing_is_named(monkeypatch):
    monkeypatch.delenv("EXT_CALLS_TOKEN", raising=False)
    with pytest.raises(SettingMissing, match="EXT_CALLS_TOKEN"):
        own_setting("ext_calls", "token")
    assert own_setting("ext_calls", "token", "none") == "none"
