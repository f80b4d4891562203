"""Each form says what it was made from: the object, and for what can be edited the state that the page showed.

The tables in `forms` name both for every address that takes a POST; the pages that the roles of the matrix may open are
walked, and each form found on them is held to its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from shop.cart.services import remove_line
from shop.checkout.place import Consent
from shop.orders.claim import claim_order
from shop.papers.models import AFTER_SERVICE, MissingPaper
from shop.phone_orders.services import put_on
from tests.factories.accounts import MembershipFactory
from tests.factories.shop import make_cart, place
from tests.matrix import forms
from tests.matrix.test_who_may_what import BY_NAME, MODELS, RULES, page_url, url_of
from tests.matrix.test_who_may_what import world as world
from tests.matrix.urlconf import names_of_model_pages, registered_models
from tests.matrix.world import World
from tests.shop.probes import diary as diary
from tests.shop.steps import english_client, put_in_cart, signed_in, type_details, type_units
from tests.shop.visitors import entry_with_forms as entry_with_forms
from tests.trials.pages import PageForm, PageReader

pytestmark = pytest.mark.django_db

ROLES_WALKED = 2  # of one address: the first who may see it, and the last


@dataclass(frozen=True)
class Line:
    """Line of a table. `made_from` and `shows` are names of parameters or fields."""

    made_from: tuple[str, ...]
    shows: tuple[str, ...]
    reason: str


def lines_of(table: str) -> dict[str, Line]:
    lines = {}
    for text in table.splitlines():
        words, _hash, reason = text.partition(" # ")
        match words.split():
            case [name, made_from, shows]:
                assert name not in lines, f"{name} has two lines."
                lines[name] = Line(_names(made_from), _names(shows), reason.strip())
            case [label, shows] if "." in label:
                lines[label] = Line((), _names(shows), reason.strip())
    return lines


def _names(cell: str) -> tuple[str, ...]:
    return () if cell == "-" else tuple(cell.split(","))


FORMS = lines_of(forms.FORMS) | lines_of(forms.ADMIN_FORMS)
CHANGED_MODELS = lines_of(forms.CHANGED_MODELS)


def missing_in(form: PageForm, line: Line, parameters: frozenset[str]) -> list[str]:
    """Return the names of a line that neither the form's address nor its fields have."""
    fields = {name for name, _value in form.fields + form.buttons}

    def is_there(name: str) -> bool:
        if name.endswith("*"):
            return any(field.startswith(name[:-1]) for field in fields)
        return name in fields

    return [name for name in line.made_from if name not in parameters and not is_there(name)] + [
        name for name in line.shows if not is_there(name)
    ]


def forms_on(client: Client, url: str) -> list[PageForm]:
    """Return the forms that a page posts to the shop itself."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    if "html" not in answer["Content-Type"]:
        return []
    reader = PageReader(url)
    reader.feed(answer.content.decode())
    return [form for form in reader.forms if form.method == "POST" and urlsplit(form.action).netloc == ""]


def name_of(form: PageForm) -> str:
    return resolve(urlsplit(form.action).path).view_name


def browser_of(world: World, role: str) -> Client:
    client = english_client()
    if role in world.sessions:
        client.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[role]
    return client


def pages_walked(world: World) -> Iterator[tuple[Client, str]]:
    """Yield every page of the matrix, as two of those who may see it."""
    for (name, method), outcomes in RULES.items():
        roles = [role for role, outcome in outcomes.items() if outcome == "page"]
        if method == "GET" and roles:
            for role in dict.fromkeys([*roles[: ROLES_WALKED - 1], roles[-1]]):
                yield browser_of(world, role), url_of(name, world)


def forms_of_a_purchase(entry_with_forms) -> Iterator[PageForm]:
    """Yield the forms between the cart and the order: they come only one after another."""
    visitor = english_client()
    put_in_cart(visitor, entry_with_forms)
    yield from forms_on(visitor, "/checkout/units/")
    type_units(visitor, "Ann")
    type_details(visitor)
    yield from forms_on(visitor, "/checkout/review/")


def forms_of_a_claimed_order(world: World) -> Iterator[PageForm]:
    """Yield the forms about an order that was claimed, and may still be moved, paid and corrected."""
    alice = MembershipFactory(user__email="alice@example.org").user
    order = place(make_cart(world.entry), email=alice.email, consent=Consent(terms_id=world.legal_text.pk))
    claim_order(order_id=order.pk, user=alice, now=timezone.now())
    for page in (f"/orders/{order.token}/", f"/orders/{order.token}/billing/"):
        yield from forms_on(signed_in(alice), page)


def forms_of_an_order_that_lacks_papers(world: World) -> Iterator[PageForm]:
    """Yield the forms on the merchant's page of an order whose invoice waits for the service."""
    order = place(make_cart(world.entry), consent=Consent(terms_id=world.legal_text.pk))
    MissingPaper.objects.create(order=order, faults=[AFTER_SERVICE], since=timezone.now())
    yield from forms_on(browser_of(world, "administrator"), f"/admin/shop/order/{order.pk}/change/")


def forms_of_an_order_entered(world: World, entry_with_forms) -> Iterator[PageForm]:
    """Yield the forms by which staff enter an order whose units are asked something."""
    row, administrator = world.phone_order, browser_of(world, "administrator")
    put_on(phone_order=row, entry=entry_with_forms, quantity=1, now=timezone.now())
    line = row.cart.lines.get(entry=entry_with_forms)
    yield from forms_on(administrator, f"/admin/shop/phoneorder/{row.pk}/lines/{line.pk}/units/")
    remove_line(cart=row.cart, line_id=line.pk)
    yield from forms_on(administrator, f"/admin/shop/phoneorder/{row.pk}/change/")


# The tables are complete


def test_every_address_that_takes_a_post_says_what_its_form_is_made_from():
    takes_none = {"405"}
    asked = {
        name
        for (name, method), outcomes in RULES.items()
        if method == "POST" and set(outcomes.values()) - {"sign-in", "403", "404"} != takes_none
    }

    assert sorted(asked - FORMS.keys()) == []
    assert sorted(FORMS.keys() - asked) == []


def test_every_model_that_the_administration_changes_says_what_its_form_shows():
    assert CHANGED_MODELS.keys() == registered_models().keys()


@pytest.mark.parametrize("name", [*FORMS, *CHANGED_MODELS])
def test_whatever_names_no_object_or_shows_no_state_has_a_reason(name):
    line = (FORMS | CHANGED_MODELS)[name]

    assert line.shows or line.reason


@pytest.mark.parametrize("name", [name for name in FORMS if "number" in BY_NAME[name].parameters])
def test_a_form_of_an_account_names_the_account_and_all_else_that_its_address_has(name):
    assert set(FORMS[name].made_from) >= BY_NAME[name].parameters


# The pages keep to them


def test_every_form_names_its_object_and_shows_what_it_was_made_from(world, entry_with_forms):
    found = [form for client, url in pages_walked(world) for form in forms_on(client, url)]
    found += forms_of_a_purchase(entry_with_forms)
    found += forms_of_a_claimed_order(world)
    found += forms_of_an_order_that_lacks_papers(world)
    found += forms_of_an_order_entered(world, entry_with_forms)

    of_models = names_of_model_pages()
    wrong, seen = {}, set()
    for form in found:
        name = name_of(form)
        if name in of_models:
            continue
        seen.add(name)
        if name not in FORMS:
            wrong[name] = ["no line"]
        elif lacking := missing_in(form, FORMS[name], BY_NAME[name].parameters):
            wrong[name] = lacking
    assert wrong == {}
    # Otherwise a line could promise fields that no page has.
    promised = {name for name, line in FORMS.items() if line.shows or set(line.made_from) - BY_NAME[name].parameters}
    assert sorted(promised - seen) == []


@pytest.mark.parametrize("label", CHANGED_MODELS)
def test_every_change_page_of_the_administration_shows_what_it_was_made_from(world, label):
    found = forms_on(browser_of(world, "administrator"), page_url(label, "row"))

    own = [form for form in found if form.action == page_url(label, "row")]
    line = CHANGED_MODELS[label]
    if line.reason == "nothing to edit":
        fields = {name for form in own for name, _value in form.fields + form.buttons}
        assert fields <= {"csrfmiddlewaretoken"}
        return
    [form] = own
    assert missing_in(form, line, frozenset()) == []


@pytest.mark.parametrize("label", MODELS)
def test_actions_on_a_list_and_the_page_that_deletes_name_their_rows(world, label):
    administrator = browser_of(world, "administrator")
    row = registered_models()[label]._default_manager.first()

    for form in forms_on(administrator, page_url(label, "list")) if MODELS[label][0] == "page" else ():
        fields = {name for name, _value in form.fields + form.buttons}
        assert "action" not in fields or "_selected_action" in fields
    for form in forms_on(administrator, page_url(label, "delete")) if MODELS[label][3] == "page" else ():
        if name_of(form) in names_of_model_pages():
            assert f"/{row.pk}/" in form.action


# A walk that could not fail would prove nothing


def test_a_form_without_the_promised_field_is_found():
    form = PageForm("/account/1/members/2/remove/", "POST", False, fields=[("csrfmiddlewaretoken", "x")])

    assert missing_in(form, FORMS["account-member-remove"], frozenset({"number", "membership_id"})) == ["shown"]
    assert missing_in(form, FORMS["account-member-remove"], frozenset()) == ["number", "membership_id", "shown"]
