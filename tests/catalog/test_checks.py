"""Checks of the catalogue: mistakes are shown to the merchant before a customer meets them."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import translation

from catalog.models.entries import Audience
from catalog.services.checks import check_entries, check_entry
from handlers.contract import Level
from handlers.registry import temporary
from tests.catalog.handlers import Broken, EveryField, Strict, finding
from tests.factories.catalog import EntryFactory

pytestmark = pytest.mark.django_db


def found(entry) -> list[tuple[str, str]]:
    with translation.override("en"):
        return [(found.level.value, str(found.message)) for found in check_entry(entry)]


def test_an_entry_in_order_has_no_findings():
    assert found(EntryFactory()) == []


def test_what_is_missing():
    assert [level for level, _text in found(EntryFactory(tiers={5: "10"}))] == ["error"]
    assert found(EntryFactory(name_en=None)) == [
        ("warning", "The name in English is missing; another language is shown instead.")
    ]
    assert [level for level, _text in found(EntryFactory(handler="ext_gone"))] == ["error"]
    assert "specific/a_b" in found(EntryFactory(code="A-b", handler="specific"))[0][1]


def test_a_price_that_nobody_can_reach_is_told():
    tiers = {1: "10", 1_000: "9", 1_001: "8", 5_000: "7"}

    assert found(EntryFactory(tiers=tiers)) == [
        ("warning", "At most 1000 are sold at once, so the price from 1001 on is never reached.")
    ]
    assert found(EntryFactory(tiers=tiers, max_quantity=5_000)) == []


def test_a_stricter_handler_is_told():
    with temporary(Strict):
        impossible = found(EntryFactory(handler="ext_strict", min_quantity=2, audience=Audience.CUSTOMERS))
        stricter = found(EntryFactory(handler="ext_strict", max_quantity=9))
        same = found(EntryFactory(handler="ext_strict", max_quantity=1, audience=Audience.CUSTOMERS))

    assert [level for level, _text in impossible] == ["error"]
    assert [level for level, _text in stricter] == ["info", "info"]
    assert same == []


def test_the_handler_sees_todays_parameters_and_its_findings_come_worst_first(monkeypatch):
    seen = []

    def check(self, entry):
        seen.append(entry.parameters)
        return [finding("info", "a"), finding("error", "b"), finding("warning", "c")]

    monkeypatch.setattr(EveryField, "check", check)
    with temporary(EveryField):
        entry = EntryFactory(handler="ext_everyfield", handler_version=1, parameters={"packsize": 2})
        assert [level for level, _text in found(entry)] == ["error", "warning", "info"]

    assert seen == [{"upgraded_from": 1, "packsize": 2}]
    assert entry.parameters == {"packsize": 2}


def test_a_check_that_breaks_is_a_finding_even_if_it_broke_the_database(monkeypatch):
    def check(self, entry):
        with connection.cursor() as cursor:
            cursor.execute("SELECT nonsense")

    with temporary(Broken):
        entry = EntryFactory(handler="ext_broken")
        assert [level for level, _text in found(entry)] == ["error"]
        monkeypatch.setattr(Broken, "check", check)
        assert [level for level, _text in found(entry)] == ["error"]
    assert check_entries()[0][0] == entry


def test_the_command_prints_findings_and_fails_on_errors():
    EntryFactory(code="FINE", name_en=None)
    EntryFactory(code="LATER", handler="ext_gone", state="suspended")
    out = StringIO()
    call_command("check_entries", stdout=out, no_color=True)
    assert "FINE: warning:" in out.getvalue()
    assert "LATER (suspended): error:" in out.getvalue()

    EntryFactory(code="BAD", handler="ext_gone")
    EntryFactory(code="OLD", handler="ext_gone", state="retired")
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as exit_:
        call_command("check_entries", stdout=out, stderr=err, no_color=True)

    assert exit_.value.code == 1
    assert "BAD: error:" in out.getvalue()
    assert "OLD" not in out.getvalue()
    assert "1" in err.getvalue()


def test_levels_are_those_of_the_contract():
    assert [level.value for level in Level] == ["info", "warning", "error"]
