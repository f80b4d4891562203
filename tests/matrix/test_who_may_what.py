"""Every address of the site, asked by every role, answers as the tables in `rules` say."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.urls import reverse

from tests.keys import STRONG_KEY
from tests.matrix import rules
from tests.matrix.table import one_of_the_customers, rows_of, rules_in
from tests.matrix.urlconf import PAGES, Address, addresses, names_of_model_pages, page_name, registered_models
from tests.matrix.visits import visit
from tests.matrix.world import Belongings, World, make_world
from tests.servers import PROJECT

pytestmark = pytest.mark.django_db

RULES = rules_in(rules.SITE, rules.SIGN_IN, rules.ADMIN, rules.DEVELOPMENT)
MODELS = {label: outcomes for label, *outcomes in rows_of(rules.MODELS)[1:]}
BY_NAME = {address.name: address for address in addresses()}

# Parameters that name things of a customer account.
OF_AN_ACCOUNT = {"number", "token", "membership_id", "invitation_id", "seat_id", "delegation_id", "session_id"}
# The token alone lets anybody pay: a provider opens these pages with it. A mailed link is the invited person's.
MEMBERS = ("owner", "buyer", "operator", "accountant")
BY_TOKEN_ALONE = {
    "phone-order", "payment-return", "sandbox-pay", "address-link", "address-link-again", "calendar-feed",
    "join-link", "join-code", "notice-stop", "waiting-place", "pay-link",
    "pay-link-receipt",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: pytest.FixtureDef) -> Iterator[World]:
    """Make the world once; every request is rolled back, so that the next one finds it unchanged."""
    logging.disable(logging.WARNING)
    with django_db_blocker.unblock():
        outside = transaction.atomic()
        outside.__enter__()
        made = make_world()
    yield made
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outside.__exit__(None, None, None)
    logging.disable(logging.NOTSET)


def url_of(name: str, world: World, whose: Belongings | None = None) -> str:
    if name == "admin/(?P<url>.*)$":
        return "/admin/no-such-page/"
    values = world.arguments(name, whose=whose)
    query: dict[str, dict[str, str]] = {
        "admin:autocomplete": {"app_label": "enrolments", "model_name": "coursegroup", "field_name": "course"},
        "account-seats-many": {"act": "release", "seat": str((whose or world.ours).taken_seat.pk)},
        "account-people-many": {"act": "release", "people": str((whose or world.ours).person.pk)},
    }
    url = reverse(name, kwargs={parameter: values[parameter] for parameter in BY_NAME[name].parameters})
    return f"{url}?{urlencode(query[name])}" if name in query else url


# Completeness


def test_every_address_has_a_rule_for_get_and_for_post():
    asked = {(name, method) for name in BY_NAME.keys() - names_of_model_pages() for method in ("GET", "POST")}

    assert sorted(asked - RULES.keys()) == []


def test_every_rule_is_about_an_address_that_exists():
    assert sorted({name for name, _method in RULES} - BY_NAME.keys()) == []


def test_every_model_of_the_administration_has_a_rule():
    assert MODELS.keys() == registered_models().keys()


# The rules


@pytest.mark.parametrize(("name", "method"), RULES)
def test_rule(world, name, method):
    expected = RULES[name, method]

    found = {
        role: visit(method, url_of(name, world), session=world.sessions.get(role), posted=world.posted(name, role))
        for role in expected
    }

    assert found == expected


@pytest.mark.parametrize("label", MODELS)
def test_pages_of_a_model_in_the_administration(world, label):
    administrator = dict(zip(("list", "add", "row", "delete"), MODELS[label], strict=True)) | {"history": "page"}
    clerk = administrator | {"add": "403", "delete": "403"}
    customer = one_of_the_customers(list(MODELS).index(label))

    for page in PAGES:
        expected = {
            "visitor": "sign-in",
            customer: "sign-in",
            "staff": "403",
            "clerk": clerk[page],
            "administrator": administrator[page],
        }
        found = {role: visit("GET", page_url(label, page), session=world.sessions.get(role)) for role in expected}
        assert found == expected, page


@pytest.mark.parametrize("label", MODELS)
def test_whoever_may_not_write_a_model_writes_nothing(world, label):
    row = registered_models()[label]._default_manager.first()
    posted = {
        "list": {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"},
        "add": {},
        "row": {},
        "delete": {"post": "yes"},
    }

    for page, form in posted.items():
        found = {
            role: visit("POST", page_url(label, page), session=world.sessions.get(role), posted=form)
            for role in ("visitor", "learner", "staff", "clerk")
        }
        clerk = found.pop("clerk")
        assert found == {"visitor": "sign-in", "learner": "sign-in", "staff": "403"}, page
        assert clerk in (("page", "go") if page == "list" else ("403", "405")), page


def page_url(label: str, page: str) -> str:
    row = registered_models()[label]._default_manager.first()
    assert row is not None, f"The world has no {label}."
    return reverse(page_name(label, page), args=[] if page in ("list", "add") else [row.pk])


# Objects of another account


@pytest.mark.parametrize(
    ("name", "method"),
    [
        (name, method)
        for name, method in RULES
        if BY_NAME[name].parameters & OF_AN_ACCOUNT
        and name not in BY_TOKEN_ALONE
        and set(RULES[name, method].values()) != {"405"}
    ],
)
def test_what_belongs_to_another_account_does_not_exist(world, name, method):
    members = [role for role in MEMBERS if RULES[name, method][role] != "405"]

    found = {
        role: visit(
            method,
            url_of(name, world, whose=world.theirs),
            session=world.sessions[role],
            posted=world.posted(name, role),
        )
        for role in members
    }

    assert found == dict.fromkeys(members, "404")


@pytest.mark.parametrize(
    ("name", "method"),
    [
        (name, method)
        for name, method in RULES
        if "number" in BY_NAME[name].parameters
        and BY_NAME[name].parameters & OF_AN_ACCOUNT - {"number"}
        and set(RULES[name, method].values()) != {"405"}
    ],
)
def test_what_belongs_to_another_account_is_not_found_below_ones_own(world, name, method):
    ours, theirs = (f"/account/{belongings.account.pk}/" for belongings in (world.ours, world.theirs))
    url = url_of(name, world, whose=world.theirs).replace(theirs, ours)
    members = [role for role in MEMBERS if RULES[name, method][role] != "405"]

    found = {
        role: visit(method, url, session=world.sessions[role], posted=world.posted(name, role)) for role in members
    }

    assert found == dict.fromkeys(members, "404")


# Changes


def test_a_get_changes_nothing_but_at_a_providers_return_page():
    writing = {name for (name, method), outcomes in RULES.items() if method == "GET" and "done" in outcomes.values()}

    assert writing == {rules.RETURN_PAGE}


@pytest.mark.parametrize(
    "name", sorted({name for name, _method in RULES} - {rules.NOTIFICATION, rules.BROWSERS_REPORT})
)
def test_a_post_without_csrf_token_is_refused(world, name):
    found = {
        role: visit(
            "POST",
            url_of(name, world),
            session=world.sessions.get(role),
            posted=world.posted(name, role),
            has_csrf_token=False,
        )
        for role in ("visitor", "administrator")
    }

    assert found == {"visitor": "403", "administrator": "403"}


def test_no_view_but_those_of_programs_is_exempt_from_csrf():
    exempt = {address.name for address in addresses() if is_exempt(address)}

    assert exempt == {rules.NOTIFICATION, rules.BROWSERS_REPORT}


def is_exempt(address: Address) -> bool:
    return getattr(address.view, "csrf_exempt", False)


# Development's pages


def test_what_is_for_development_alone_is_not_routed_in_production():
    assert BY_NAME.keys() - names_in_production() == rules.DEVELOPMENT_ONLY


def names_in_production() -> set[str]:
    """Return the names of all addresses under production's settings, read in a process of their own."""
    script = (
        "import django, json; django.setup()\n"
        "from tests.matrix.urlconf import addresses\n"
        "print(json.dumps([address.name for address in addresses()]))"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "project.settings.production",
        "SECRET_KEY": STRONG_KEY,
        "ALLOWED_HOSTS": "shop.example",
        "SITE_URL": "https://shop.example",
    }
    done = subprocess.run([sys.executable, "-c", script], env=environment, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))
