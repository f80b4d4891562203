"""Answers that no two units may have: named at once, and never copied."""

import pytest
from django import forms

from handlers.contract import UniquePerUnit
from handlers.registry import temporary
from shop.cart.models import CartUnit
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.entry_fields import ask, make_field
from tests.shop.probes import Probe
from tests.shop.steps import cart_of, put_in_cart, units_shown

pytestmark = pytest.mark.django_db

UNITS = "/checkout/units/"


@pytest.fixture
def session(db):
    CourseFactory(short_name="SEC-1", capacity=50)
    return EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": "SEC-1"})


def send(client, *units: dict[str, str], kind: str = "unit", **pressed: str):
    line = cart_of(client).lines.first()
    typed = {
        f"{kind}-{line.pk}-{index}-{name}": value for index, unit in enumerate(units) for name, value in unit.items()
    }
    shown = units_shown(line, range(len(units)))
    return client.post(UNITS, {**shown, **typed, **(pressed or {"next": "1"})})


def person(email: str, first_name: str = "Ada", last_name: str = "Roy") -> dict[str, str]:
    return {"role": "student", "email": email, "first_name": first_name, "last_name": last_name}


def errors(client) -> dict[int, set[str]]:
    return {unit.number: set(unit.form.errors) for unit in client.get(UNITS).context["wrong"]}


def test_an_address_given_twice_is_named_together_with_other_errors(visitor, session):
    put_in_cart(visitor, session, 4)
    send(visitor, person("a@example.org"), person("b@example.org", last_name=""), person("A@example.org"), person("x"))
    assert errors(visitor) == {2: {"last_name"}, 3: {"email"}, 4: {"email"}}


def test_an_address_given_twice_is_named_in_a_form_that_is_wrong_itself(visitor, session):
    put_in_cart(visitor, session, 2)
    send(visitor, person("a@example.org"), person("a@example.org", last_name=""))
    assert errors(visitor) == {2: {"last_name", "email"}}


def test_a_copy_leaves_out_the_address_and_keeps_the_one_typed(visitor, session):
    put_in_cart(visitor, session, 3)
    send(visitor, person("a@example.org"), person("b@example.org", "", ""), person("", "", ""), copy="1")
    send(visitor, person("a@example.org"), person("b@example.org"), person("", "", ""), copy="2")
    kept = [unit.answers for unit in CartUnit.objects.order_by("index")]
    assert kept[1:] == [person("b@example.org"), person("")]
    assert errors(visitor) == {3: {"email"}}


def test_a_copy_brings_no_blank(visitor, session):
    put_in_cart(visitor, session, 2)
    send(visitor, person("a@example.org", last_name=""), person("b@example.org", "", "Benali"), copy="1")
    assert CartUnit.objects.get(index=1).answers == person("b@example.org", "Ada", "Benali")


def test_an_address_among_the_merchants_fields_is_not_copied_and_may_be_the_same(visitor, diary):
    entry = ask(EntryFactory(), make_field("manager", "email", is_required=True), make_field("size", is_required=True))
    put_in_cart(visitor, entry, 2)
    send(visitor, {"manager": "m@example.org", "size": "M"}, {"manager": "", "size": ""}, kind="field", copy="1")
    assert CartUnit.objects.get(index=1).fields == {"manager": "", "size": "M"}
    both = [{"manager": "m@example.org", "size": "M"}] * 2
    assert send(visitor, *both, kind="field").url == "/checkout/details/"


class BadgeField(UniquePerUnit, forms.CharField):
    pass


class BadgeForm(forms.Form):
    badge = BadgeField(label="Badge")
    floor = forms.CharField(label="Floor")


class BadgeHandler(Probe):
    name = "std_badgeprobe"
    UnitForm = BadgeForm


def test_a_handlers_field_that_says_so_is_unique_and_not_copied(visitor, diary):
    with temporary(BadgeHandler):
        put_in_cart(visitor, EntryFactory(handler="std_badgeprobe"), 3)
        send(
            visitor, {"badge": "A1", "floor": "2"}, {"badge": "a1 ", "floor": ""}, {"badge": "", "floor": ""}, copy="2"
        )
        assert CartUnit.objects.get(index=2).answers == {"badge": "", "floor": "2"}
        page = visitor.get(UNITS)
        assert [(unit.number, set(unit.form.errors)) for unit in page.context["wrong"]] == [
            (2, {"badge", "floor"}),
            (3, {"badge"}),
        ]
        assert "Unit 1 has this already." in page.content.decode()
