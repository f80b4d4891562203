"""Trying an entry: every effect of a sale is shown and rolled back."""

from datetime import date
from decimal import Decimal
from threading import Thread
from unittest.mock import patch

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from psycopg2.errors import LockNotAvailable

from catalog.models.entries import Entry
from enrolments.courses.places.services import lock_courses
from handlers.contract import Refusal
from handlers.faults import Fault, HookBroken
from handlers.registry import temporary
from outbox.errors import Temporary
from outbox.jobs import doorbell
from shop.trial import services as trial_service
from shop.trial.services import MOST_UNITS, try_entry
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.entry_fields import ask, make_field
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of, staff
from tests.shop.probes import FormProbe
from workbench.demo.catalogue import ENTRIES

pytestmark = pytest.mark.django_db

NEEDED = ("catalog.view_entry", "catalog.change_entry")


def url_of(entry) -> str:
    return reverse("admin:catalog_entry_try", args=[entry.pk])


def rows() -> dict[str, int]:
    """Return the number of rows of every table; the sequences behind them may move."""
    return {model._meta.db_table: model._default_manager.count() for model in apps.get_models()}


def attempt(entry, merchant, quantity=1, language="en"):
    with translation.override(language):
        return try_entry(entry_id=entry.pk, quantity=quantity, actor=merchant, now=timezone.now())


def session_entry(course, **more):
    parameters = {"coursename": course.short_name, "autoenrolsupervisor": True, "supervisor": "teacher"}
    return EntryFactory(handler="std_setuponecoursesession", parameters=parameters, **more)


def test_every_entry_of_the_demo_is_tried_without_a_trace(merchant, mailoutbox):
    call_command("seed_demo", verbosity=0)
    mailoutbox.clear()
    before, states = rows(), dict(Entry.objects.values_list("code", "state"))
    waiting = list(connection.run_on_commit)
    came_of_it = {}

    with patch.object(doorbell, "ring") as ring:
        for entry in Entry.objects.order_by("pk"):
            came_of_it[entry.code] = attempt(entry, merchant, quantity=entry.min_quantity, language="fr")

    assert set(came_of_it) == {demo.code for demo in ENTRIES}
    # An invented customer owns nothing to extend; and the course of the other one is over.
    refused = ["PROLONGATION-90", "ELEC-BR-SESSION"]
    assert [code for code, trial in came_of_it.items() if not trial.is_good] == refused
    assert [code for code, trial in came_of_it.items() if not trial.findings.mails] == refused
    assert (rows(), dict(Entry.objects.values_list("code", "state"))) == (before, states)
    assert (connection.run_on_commit, ring.called, mailoutbox) == (waiting, False, [])


def test_of_a_session_tells_people_groups_enrolments_and_mails(merchant):
    course = CourseFactory(short_name="SEC-1", name_en="Fire safety", group_mode="separate")
    entry = session_entry(course, state="draft")

    trial = attempt(entry, merchant, quantity=3)

    assert (trial.refusal, trial.is_placed, trial.quantity) == ("", True, 3)
    found = trial.findings
    assert [(seats.state, seats.count) for seats in found.seats] == [("assigned", 3)]
    assert [group.course for group in found.groups] == ["SEC-1 · Fire safety"]
    # The three and the customer, who supervises them.
    assert found.enrolment_count == 4
    assert sorted(row.email.partition("@")[0] for row in found.enrolments) == [
        "customer",
        "participant1",
        "participant2",
        "participant3",
    ]
    assert [person.name for person in found.people] == ["Participant 1", "Participant 2", "Participant 3"]
    kinds = [mail.kind for mail in found.mails]
    assert kinds.count("invitation") == 3
    assert {"order_placed", "payment_received", "delivered"} <= set(kinds)
    assert all(mail.subject and mail.text for mail in found.mails)
    assert found.feedback


def test_is_in_the_readers_language(merchant):
    entry = session_entry(CourseFactory(name_fr="Sécurité incendie"))
    trial = attempt(entry, merchant, language="fr")
    assert any("Votre commande" in mail.subject or "commande" in mail.text for mail in trial.findings.mails)


@pytest.mark.parametrize("state", ["draft", "internal", "suspended", "retired"])
@pytest.mark.parametrize("audience", ["everyone", "customers"])
def test_whatever_the_state_and_the_audience(merchant, diary, state, audience):
    entry = EntryFactory(handler="std_probe", state=state, audience=audience)
    assert attempt(entry, merchant).refusal == ""
    assert diary.hooks() == ["pre", "post", "operator"]
    [before, after] = attempt(entry, merchant).findings.feedback
    assert (before.public, after.public, after.customer, after.sales) == (
        "held",
        "done",
        "done for you",
        "done for them",
    )


def test_the_invented_customer_buys_for_an_organisation(merchant, diary):
    attempt(EntryFactory(handler="std_probe"), merchant)
    assert {context.account.kind for context in diary.contexts} == {"organisation"}


def test_of_what_costs_nothing(merchant, diary):
    entry = EntryFactory(handler="std_probe", tiers={1: "0.00"})
    assert attempt(entry, merchant).refusal == ""
    assert diary.hooks() == ["pre", "post", "operator"]


def test_of_what_delivers_nothing(merchant, db):
    trial = attempt(EntryFactory(), merchant)
    assert (trial.refusal, trial.findings.seats, trial.findings.feedback) == ("", (), ())


def test_makes_up_answers_to_the_fields_of_an_entry(merchant, diary):
    entry = ask(
        EntryFactory(handler="std_formprobe"),
        make_field("size", "choice", is_required=True),
        make_field("plate", pattern="[A-Z]{2}-[0-9]+", example="AB-12", is_required=True),
        make_field("short", max_length=5, is_required=True),
        make_field("legs", "number", least=Decimal("2.5"), is_required=True),
        make_field("cold", "number", greatest=Decimal(-3), is_required=True),
        make_field("arrival", "date", latest=date(2020, 1, 2), is_required=True),
        make_field("agreed", "checkbox", is_required=True),
        make_field("mail", "email", is_required=True),
        make_field("diet", "long_text", is_required=True),
    )

    assert attempt(entry, merchant, quantity=2).problems == ()

    _first, second = diary.contexts[0].units
    fields = dict(second.fields)
    assert fields.pop("mail").startswith("participant2@")
    assert fields == {
        "size": "s",
        "plate": "AB-12",
        "short": "Parti",
        "legs": "2.5000",
        "cold": "-3.0000",
        "arrival": "2020-01-02",
        "agreed": True,
        "diet": "Participant 2",
    }


def test_a_refusal_at_checkout_is_told(merchant, diary):
    diary.raises["pre"] = [Refusal("No more chairs.")]
    trial = attempt(EntryFactory(handler="std_probe", name_en="Pack"), merchant)
    assert (trial.is_placed, trial.refusal) == (False, "Pack: No more chairs.")
    assert (trial.total, trial.currency) == (None, "")


def test_a_refusal_after_payment_is_told(merchant, diary):
    diary.raises["post"] = [Refusal("No more chairs.")]
    trial = attempt(EntryFactory(handler="std_probe"), merchant)
    assert (trial.is_placed, trial.refusal) == (True, "No more chairs.")


@pytest.mark.parametrize(
    ("hook", "error", "says"),
    [
        ("pre", RuntimeError("broken"), "RuntimeError: broken"),
        ("post", RuntimeError("broken"), "RuntimeError: broken"),
        ("operator", Temporary("busy"), "busy"),
    ],
)
def test_an_error_is_told_and_leaves_nothing(merchant, diary, hook, error, says):
    entry = EntryFactory(handler="std_probe")
    before = rows()
    diary.raises[hook] = [error]
    trial = attempt(entry, merchant)
    assert (trial.is_good, trial.is_placed) == (False, hook != "pre")
    assert says in trial.refusal
    assert rows() == before


def test_of_a_full_course_is_refused_in_words(merchant):
    entry = session_entry(CourseFactory(capacity=2))
    trial = attempt(entry, merchant, quantity=3)
    assert not trial.is_placed
    assert "Only 2 places are left" in trial.refusal


def test_micro_forms_that_take_no_made_up_answers_are_told(merchant, diary):
    class Picky(FormProbe):
        name = "std_picky"

        class UnitForm(FormProbe.UnitForm):
            def clean_name(self):
                raise ValidationError("Only Zoé may come.")

    with temporary(Picky):
        trial = attempt(EntryFactory(handler="std_picky"), merchant, quantity=2)
    assert trial.problems == ("Unit 1: Only Zoé may come.", "Unit 2: Only Zoé may come.")


def test_of_many_problems_the_first_ten_are_told(merchant, diary):
    class Picky(FormProbe):
        name = "std_picky"

        class UnitForm(FormProbe.UnitForm):
            def clean_name(self):
                raise ValidationError("Only Zoé may come.")

    with temporary(Picky):
        trial = attempt(EntryFactory(handler="std_picky"), merchant, quantity=11)
    assert trial.problems == tuple(f"Unit {number}: Only Zoé may come." for number in range(1, 11))


def test_tells_what_it_would_cost_and_leaves_nothing(merchant, diary):
    entry = EntryFactory(handler="std_probe", state="draft")
    before = rows()

    trial = attempt(entry, merchant, quantity=2)

    assert (trial.quantity, trial.is_placed, trial.is_good, trial.refusal, trial.problems) == (2, True, True, "", ())
    assert (trial.total, trial.currency) == (Decimal("240.00"), "EUR")
    assert diary.hooks() == ["pre", "post", "operator"]
    assert rows() == before
    assert Entry.objects.get(pk=entry.pk).state == "draft"


@pytest.mark.parametrize("quantity", [0, -1, MOST_UNITS + 1])
def test_quantities_out_of_bounds_are_refused(merchant, diary, quantity):
    assert not attempt(EntryFactory(handler="std_probe"), merchant, quantity=quantity).is_good
    assert diary.hooks() == []


def test_statements_do_not_depend_on_the_quantity(merchant):
    entry = session_entry(CourseFactory())
    counts = set()
    attempt(entry, merchant, quantity=1)
    for quantity in (5, 40):
        with CaptureQueriesContext(connection) as queries:
            assert attempt(entry, merchant, quantity=quantity).is_good
        counts.add(len(queries))
    assert len(counts) == 1


@pytest.mark.django_db(transaction=True)
def test_waits_for_a_sale_of_the_same_course_for_a_moment_only(merchant, monkeypatch):
    monkeypatch.setattr(trial_service, "LONGEST_WAIT", "100ms")
    course = CourseFactory()
    entry = session_entry(course)
    came_of_it = []

    def run():
        try:
            came_of_it.append(attempt(entry, merchant))
        finally:
            connection.close()

    with transaction.atomic():
        lock_courses([course.pk])
        thread = Thread(target=run)
        thread.start()
        thread.join(20)

    [trial] = came_of_it
    assert trial.refusal == "Orders for the same courses are being placed just now. Try again in a moment."


class TestPage:
    @pytest.fixture
    def entry(self, probe_entry):
        return probe_entry

    def test_is_led_to_by_a_button(self, client, entry):
        page = client.get(reverse("admin:catalog_entry_change", args=[entry.pk]))
        assert url_of(entry) in page.content.decode()
        assert "Try it" in text_of(page)

    def test_looking_runs_nothing(self, client, entry, diary):
        page = client.get(url_of(entry), {"quantity": "2"})
        assert page.status_code == 200
        assert "Then all of it is undone" in text_of(page)
        assert diary.hooks() == []

    def test_shows_what_came_of_it(self, client, entry, diary):
        before = rows()
        text = text_of(client.post(url_of(entry), {"quantity": "2"}))
        assert "2 units would be sold for €240.00 incl. tax" in text
        assert "done for you" in text
        assert "done for them" in text
        assert rows() == before

    def test_shows_a_refusal(self, client, entry, diary):
        diary.raises["post"] = [Refusal("No more <b>chairs</b>.")]
        page = client.post(url_of(entry), {"quantity": "1"})
        assert "but what was paid is not delivered: No more <b>chairs</b>." in text_of(page)
        assert "No more &lt;b&gt;chairs" in page.content.decode()

    @pytest.mark.parametrize("quantity", ["", "0", "-3", "1.5", "x", "501", "9" * 400, "1\0", "<script>"])
    def test_no_quantity_is_an_error_at_the_field(self, client, entry, diary, quantity):
        page = client.post(url_of(entry), {"quantity": quantity})
        assert page.status_code == 200
        assert list(page.context["form"].errors) == ["quantity"]
        assert diary.hooks() == []

    @pytest.mark.parametrize("permissions", [(), ("catalog.view_entry",), ("shop.change_order",)])
    def test_needs_the_right_to_change_entries(self, entry, diary, permissions):
        visitor = browser_of(staff(*permissions))
        assert visitor.get(url_of(entry)).status_code == 403
        assert visitor.post(url_of(entry), {"quantity": "1"}).status_code == 403
        assert diary.hooks() == []

    def test_with_it_nothing_else_is_needed(self, entry, diary):
        page = browser_of(staff(*NEEDED)).post(url_of(entry), {"quantity": "1"})
        assert page.status_code == 200
        assert diary.hooks() == ["pre", "post", "operator"]

    def test_the_button_is_not_shown_to_others(self, entry):
        page = browser_of(staff("catalog.view_entry")).get(reverse("admin:catalog_entry_change", args=[entry.pk]))
        assert url_of(entry) not in page.content.decode()

    def test_of_an_entry_that_is_gone_is_not_found(self, client, entry):
        assert client.post(f"/admin/catalog/entry/{10**30}/try/", {"quantity": "1"}).status_code == 404

    def test_needs_the_token_of_the_form(self, merchant, entry, diary):
        answer = browser_of(merchant, enforce_csrf_checks=True).post(url_of(entry), {"quantity": "1"})
        assert answer.status_code == 403
        assert diary.hooks() == []

    def test_is_for_staff_alone(self, entry, diary, client):
        client.logout()
        assert client.post(url_of(entry), {"quantity": "1"}).status_code == 302
        assert diary.hooks() == []


def test_a_broken_hook_is_told_as_such_whatever_error_it_is_behind(merchant, diary, monkeypatch):
    fault = Fault("std_probe", "post_payment", "handler.py", 7, "ValueError", "no")
    busy = Temporary("busy")
    busy.__cause__ = HookBroken(fault)

    with translation.override("en"):
        failure = trial_service._step(lambda: (_ for _ in ()).throw(busy))

    assert str(failure.refusal).startswith("The automation stopped with an error")


def test_a_hook_that_waits_too_long_for_its_courses_has_no_fault():
    error = OperationalError()
    error.__cause__ = LockNotAvailable()
    broken = HookBroken(Fault("std_probe", "pre_payment", "handler.py", 7, "OperationalError", "lock timeout"))
    broken.__cause__ = error

    failure = trial_service._step(lambda: (_ for _ in ()).throw(broken))

    assert failure.refusal == trial_service.PLACED_JUST_NOW
