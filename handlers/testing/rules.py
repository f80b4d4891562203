"""Rules of the contract, to be run against any handler.

A rule is a function that takes a ``Case`` (a handler with an example of its use) and fails by an assertion. Needs the
database: ``pytest.mark.django_db``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.people.models import User
from enrolments.courses.places.models import PlaceHold
from enrolments.grounds.models import Ground
from handlers.contract import (
    DraftLine,
    Feedback,
    Finding,
    Level,
    Refusal,
    RevokeReason,
    Sold,
    Units,
    answers_to_store,
)
from handlers.querystring import encode, parse
from handlers.testing.case import FEW, Case
from handlers.testing.engine import claim, deliver, place, revoke
from handlers.testing.probes import (
    ENGINE_S_OWN,
    Failure,
    addresses,
    assert_nothing_stands_on,
    everything,
    failing_at,
    no_files_or_programs,
    no_network,
    standing_units,
    statements,
    translated_at_import,
    typed_texts,
)
from handlers.testing.world import account_with_operator, make_person

Rule = Callable[[Case], None]
RULES: list[Rule] = []


def rule(check: Rule) -> Rule:
    RULES.append(check)
    return check


def rule_name(check: Rule) -> str:
    return check.__name__


# Forms


@rule
def parameters_survive_the_string(case: Case) -> None:
    stored = case.parameters

    written = encode(stored, case.handler.MerchantForm)
    read = parse(written, case.handler.MerchantForm)

    assert read.errors == {}
    form = read.form()
    assert form.is_valid(), form.errors
    assert form.to_parameters() == stored
    assert encode(form.to_parameters(), case.handler.MerchantForm) == written


@rule
def parameters_are_json(case: Case) -> None:
    assert json.loads(json.dumps(case.parameters)) == case.parameters
    default = case.handler.MerchantForm.default_parameters()
    assert json.loads(json.dumps(default)) == default


@rule
def the_case_sets_every_parameter(case: Case) -> None:
    assert set(case.typed) == set(case.handler.MerchantForm.base_fields)


@rule
def defaults_are_valid(case: Case) -> None:
    required = {name for name, each in case.handler.MerchantForm.base_fields.items() if each.required}
    typed = {name: case.typed[name] for name in required}

    form = parse(encode(typed, case.handler.MerchantForm), case.handler.MerchantForm).form()

    assert form.is_valid(), form.errors
    assert form.to_parameters() == case.handler.MerchantForm.default_parameters() | typed


@rule
def stored_parameters_are_shown_and_saved_again_unchanged(case: Case) -> None:
    stored = case.parameters
    shown = case.handler.MerchantForm(initial=stored)

    data = {name: shown[name].value() for name in shown.fields}
    form = case.handler.MerchantForm({name: value for name, value in data.items() if value is not None})

    assert form.is_valid(), form.errors
    assert form.to_parameters() == stored


@rule
def every_field_has_a_label_in_words(case: Case) -> None:
    unit_fields = case.handler.UnitForm.base_fields if case.handler.UnitForm else {}
    for name, each in (case.handler.MerchantForm.base_fields | unit_fields).items():
        assert each.label, f"{name} has no label"
    assert str(case.handler.label)


@rule
def answers_are_valid_data_again(case: Case) -> None:
    if case.handler.UnitForm is None:
        return
    for unit in case.units(FEW):
        again = case.handler.UnitForm(json.loads(json.dumps(unit.answers)), prefix=None)
        assert again.is_valid(), again.errors
        assert answers_to_store(again.cleaned_data) == unit.answers


# Hooks before the order


@rule
def a_sound_entry_has_no_errors(case: Case) -> None:
    case.prepare()
    before = everything()

    findings = case.handler.check(case.entry)

    assert all(isinstance(finding, Finding) for finding in findings)
    assert [str(finding.message) for finding in findings if finding.level is Level.ERROR] == []
    assert {finding.field for finding in findings} <= {"", *case.handler.MerchantForm.base_fields}
    assert everything() == before


@rule
def at_least_one_unit_is_charged(case: Case) -> None:
    for quantity in (1, *case.quantities):
        line = case.line(quantity)
        assert 1 <= case.handler.charged_units(line.parameters, line.units) <= quantity
        assert case.handler.units_made(line.parameters) >= 1


@rule
def what_is_sold_is_said_without_asking_the_database(case: Case) -> None:
    with CaptureQueriesContext(connection) as captured:
        sold = case.handler.sold(case.parameters)
        said = [str(text) for fact in sold.facts for text in (fact.label, fact.text)]
    assert isinstance(sold, Sold)
    assert all(said), "a fact without a label or a text"
    assert captured.captured_queries == []
    assert set(sold.courses) <= set(case.handler.courses_to_lock(case.parameters))


@rule
def units_that_are_right_pass_the_rules_across_units(case: Case) -> None:
    case.prepare()
    line = case.line(case.quantities[-1])
    case.handler.clean_units([DraftLine(0, line.entry_code, line.parameters, line.units)])


@rule
def it_is_offered_to_somebody_who_has_nothing_yet(case: Case) -> None:
    """An entry that extends something of the buyer's is offered only to those who own one."""
    case.prepare()
    assert case.handler.is_offered_to(case.parameters, make_person(), now=timezone.now()) is (case.owned is None)
    if case.owned is not None:
        account, owner = account_with_operator()
        case.owned(account, 1)
        assert case.handler.is_offered_to(case.parameters, owner, now=timezone.now()) is True


@rule
def parameters_of_an_older_version_are_kept(case: Case) -> None:
    stored = case.parameters | {"a_key_of_an_integrator": "kept"}
    for version in range(case.handler.version):
        assert case.handler.upgrade(stored, version).get("a_key_of_an_integrator") == "kept"
    assert case.handler.upgrade(stored, case.handler.version) == stored


# Hooks


@rule
def places_are_taken_only_in_the_courses_it_names(case: Case) -> None:
    case.prepare()
    line = case.line(case.quantities[0])
    place(case.handler, line)
    named = {name.lower() for name in case.handler.courses(line.parameters)}
    held = {name.lower() for name in PlaceHold.objects.live().values_list("course__short_name", flat=True)}
    assert held <= named
    assert named <= {name.lower() for name in case.handler.courses_to_lock(line.parameters)}


@rule
def a_second_run_changes_nothing(case: Case) -> None:
    case.prepare()
    line = case.line(case.quantities[0])
    place(case.handler, line)
    placed = everything()
    place(case.handler, line)
    assert everything() == placed

    deliver(case.handler, line)
    delivered = everything()
    deliver(case.handler, line)
    assert everything() == delivered


@rule
def fields_of_the_entry_that_it_does_not_know_disturb_nothing(case: Case) -> None:
    case.prepare()
    line = case.line(case.quantities[0])
    own = set(case.handler.UnitForm.base_fields) if case.handler.UnitForm else set()
    fields = dict.fromkeys({*own, "a_field_of_the_merchant"}, "of the merchant")
    line = replace(line, units=Units.of(replace(unit, fields=fields) for unit in line.units))

    case.handler.clean_units([DraftLine(0, line.entry_code, line.parameters, line.units)])
    place(case.handler, line)
    deliver(case.handler, line)

    assert case.handler.charged_units(line.parameters, line.units) == case.handler.charged_units(
        line.parameters, tuple(replace(unit, fields={}) for unit in line.units)
    )


@rule
def a_claim_run_twice_changes_nothing(case: Case) -> None:
    case.prepare()
    line = case.visitor_line(case.quantities[0])
    place(case.handler, line)
    deliver(case.handler, line)
    claimant = User.objects.filter(email=line.contact_email).first() or make_person(line.contact_email)
    claim(case.handler, line, claimant=claimant)
    claimed = everything()
    deliver(case.handler, replace(line, operator=claimant))
    assert everything() == claimed


@rule
def without_operator_nothing_is_attached_to_anybody(case: Case) -> None:
    case.prepare()
    line = case.visitor_line(case.quantities[0])
    place(case.handler, line)
    deliver(case.handler, line)
    assert not Ground.objects.filter(kind__in=["supervision", "support"]).exists()
    assert not line.account.delegations.exists()


@rule
def a_claim_before_delivery_or_after_everything_was_given_back_attaches_nothing(case: Case) -> None:
    case.prepare()
    line = case.visitor_line(case.quantities[0])
    claimant = make_person()
    place(case.handler, line)
    with transaction.atomic():
        claim(case.handler, line, claimant=claimant)
        assert_nothing_stands_on(line)
        transaction.set_rollback(True)

    deliver(case.handler, line)
    revoke(case.handler, line)
    claim(case.handler, line, claimant=claimant)
    assert_nothing_stands_on(line)


@rule
def nothing_is_left_after_a_refusal(case: Case) -> None:
    if case.spoil is None:
        return
    case.prepare()
    line = case.line(case.quantities[0])
    place(case.handler, line)
    case.spoil()
    before = everything()

    with pytest.raises(Refusal) as refused:
        deliver(case.handler, line)

    assert everything() == before
    assert all(refused.value.in_every_language().values())


@rule
def a_failure_at_any_statement_is_passed_on_and_leaves_nothing(case: Case) -> None:
    case.prepare()
    line = case.line(case.quantities[0])
    place(case.handler, line)
    before = everything()
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        deliver(case.handler, line)
        transaction.set_rollback(True)
    count = sum(not query["sql"].startswith(ENGINE_S_OWN) for query in captured.captured_queries)

    for statement in range(1, count + 1, 4):
        with pytest.raises(Failure), failing_at(statement):
            deliver(case.handler, line)
        assert everything() == before
    deliver(case.handler, line)


@rule
def an_order_that_ends_unpaid_holds_nothing_any_more(case: Case) -> None:
    case.prepare()
    line = case.line(case.quantities[0])
    place(case.handler, line)

    revoke(case.handler, line, why=RevokeReason.UNPAID)
    assert not PlaceHold.objects.live().exists()
    assert_nothing_stands_on(line)

    case.handler.retake(line)
    deliver(case.handler, line)
    assert not PlaceHold.objects.live().exists()


@rule
def giving_all_units_back_undoes_the_delivery(case: Case) -> None:
    case.prepare()
    line = case.line(case.quantities[0])
    place(case.handler, line)
    deliver(case.handler, line)

    revoke(case.handler, line)
    assert_nothing_stands_on(line)
    assert not PlaceHold.objects.live().exists()

    revoked = everything()
    revoke(case.handler, line)
    assert everything() == revoked


@rule
def giving_one_unit_back_leaves_the_others(case: Case) -> None:
    quantity = case.quantities[0]
    if quantity == 1:
        return
    case.prepare()
    line = case.line(quantity)
    place(case.handler, line)
    deliver(case.handler, line)
    before = standing_units(line)

    revoke(case.handler, line, units=line.units[:1])

    assert standing_units(line) == before - {line.units[0].index}


@rule
def the_number_of_statements_does_not_depend_on_the_number_of_units(case: Case) -> None:
    case.prepare()
    counts = []
    for quantity in case.quantities:
        line = case.line(quantity)
        counts.append([statements(partial(hook, case.handler, line)) for hook in (place, deliver, revoke)])
    assert all(count == counts[0] for count in counts), counts


@rule
def no_hook_reaches_the_network(case: Case) -> None:
    case.prepare()
    line = case.line(case.quantities[0])
    with no_network():
        case.handler.check(case.entry)
        place(case.handler, line)
        deliver(case.handler, line)
        revoke(case.handler, line)


@rule
def no_hook_writes_a_file_or_starts_a_program(case: Case) -> None:
    """A file written is not undone with the transaction, and is on one machine of several."""
    case.prepare()
    line = case.line(case.quantities[0])
    with no_files_or_programs():
        case.handler.check(case.entry)
        place(case.handler, line)
        deliver(case.handler, line)
        revoke(case.handler, line)


@rule
def giving_units_back_undoes_those_and_no_others(case: Case) -> None:
    case.prepare()
    line = case.line(case.quantities[0])
    place(case.handler, line)
    placed = everything()
    deliver(case.handler, line)
    delivered = everything()
    if delivered == placed:
        return
    some, rest = line.units[:1], line.units[1:]

    revoke(case.handler, line, units=some)
    without_some = everything()
    assert without_some != delivered, "the delivery wrote rows, and revoke undoes nothing"
    if rest:
        revoke(case.handler, replace(line, units=rest))
        assert everything() != without_some, "taking one unit back undid the others as well"


@rule
def giving_a_line_back_leaves_other_orders_as_they_are(case: Case) -> None:
    case.prepare()
    other = case.line(case.quantities[0])
    place(case.handler, other)
    deliver(case.handler, other)
    before = standing_units(other)
    rows = everything()
    line = case.line(case.quantities[0])
    place(case.handler, line)
    deliver(case.handler, line)

    revoke(case.handler, line)

    assert standing_units(other) == before
    for model, now in everything().items():
        gone = [row for row in rows[model] if row[0] not in {each[0] for each in now}]
        assert not gone, f"rows of another order are gone: {model}"


# Feedback


@rule
def texts_are_translated_when_they_are_read(case: Case) -> None:
    """Text translated while a module is imported stays in the language of that moment."""
    assert translated_at_import(case.handler) == []


@rule
def feedback_is_there_for_every_audience_in_every_language(case: Case) -> None:
    case.prepare()
    line = case.line(case.quantities[0])
    assert isinstance(place(case.handler, line), Feedback)
    said = deliver(case.handler, line).in_every_language()

    assert sorted(said) == ["customer", "public", "sales"]
    for audience, texts in said.items():
        assert sorted(texts) == sorted(code for code, _name in settings.LANGUAGES)
        assert all(texts.values()), f"nothing is said to {audience}"
    assert isinstance(revoke(case.handler, line), Feedback)


@rule
def what_is_said_names_nobody(case: Case) -> None:
    """Feedback is kept with the order for good; answers about people can be erased."""
    case.prepare()
    line = case.line(case.quantities[0])
    feedback = place(case.handler, line) | deliver(case.handler, line) | revoke(case.handler, line)
    said = str(feedback.in_every_language())
    for text in typed_texts(case.handler, line):
        assert text not in said


@rule
def what_the_public_reads_does_not_depend_on_who_is_known(case: Case) -> None:
    case.prepare()
    said = []
    for are_known in (False, True):
        with transaction.atomic():
            line = case.visitor_line(case.quantities[0], order_id=990_001)
            if are_known:
                for email in addresses(line):
                    make_person(email)
            feedback = place(case.handler, line) | deliver(case.handler, line)
            said.append(feedback.in_every_language()["public"])
            transaction.set_rollback(True)
    assert said[0] == said[1]
    for email in addresses(line):
        assert email not in str(said)
