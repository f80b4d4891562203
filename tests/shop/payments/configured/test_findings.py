"""Methods offered in vain are told: on the start page, by the check, and after keys were tried twice a day."""

from __future__ import annotations

import pytest
from django.utils import timezone, translation

from outbox.jobs.models import Job
from shop.payments.configured.checks import check_methods
from shop.payments.configured.findings import findings
from shop.payments.configured.jobs import try_again
from shop.payments.configured.models import ProviderSettings
from shop.payments.configured.tasks import try_keys_of_providers
from tests.catalog.admin_pages import merchant
from tests.shop.payments.configured.given import saved
from workbench.stand_ins import stripe as stand_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def told() -> list[tuple[str, str]]:
    return [(each.provider.name, str(each.why)) for each in findings()]


def on_the_start_page() -> int:
    client = merchant()
    counts = client.get("/admin/").context["counts"]
    count = next(each for each in counts if str(each.label) == "Payment methods offered in vain")
    assert client.get(count.url).context["cl"].result_count == count.number
    return count.number


def test_what_needs_no_keys_is_never_told(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert told() == []
    assert on_the_start_page() == 0


def test_a_method_offered_without_keys():
    saved("mollie", offer="yes", api_key="")
    assert told() == [("mollie", "its keys are missing")]
    assert on_the_start_page() == 1
    [warning] = check_methods(databases=["default"])
    assert (warning.id, "(mollie) is offered, but its keys are missing." in warning.msg) == ("shop.W003", True)
    assert check_methods(databases=None) == []
    saved("mollie", offer="no", api_key="")
    assert told() == []


def test_keys_of_a_test_where_money_counts(settings):
    saved()
    assert told() == []
    settings.IMAGINARY_MONEY = False
    assert told() == [("stripe", "its keys are those of a test, and move no money")]


def test_keys_are_tried_by_a_job_and_refused_ones_told(monkeypatch):
    saved(secret_key="sk_test_wrong", webhook_secret="whsec_1")
    saved("mollie", offer="no", api_key="test_1")
    assert try_keys_of_providers() == 1
    job = Job.objects.get(kind="try_stripe")
    with stand_in.running(stand_in.Stripe()) as address:
        monkeypatch.setenv("STRIPE_API_BASE", address)
        try_again(job, timezone.now())
        assert told() == [("stripe", "the provider refuses its keys")]
        saved()
        try_again(job, timezone.now())
    assert told() == []
    assert ProviderSettings.objects.get(name="stripe").account == "Stand-in Academy"
