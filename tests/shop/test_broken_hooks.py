"""An integrator's mistake hurts nobody else: each hook, each way to break it, on each page, at each turn of an order.

One cart holds a line of a broken handler and a line of a sound entry. No page answers 500, the sound line can be
bought, the broken one be taken out, and an order already placed can be ended and given back.
"""

import logging
import re
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import psycopg2
import pytest
from django import forms
from django.db import OperationalError, connection, transaction
from django.template import Context, Template
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from accounts.people.models import User
from common.words import in_words
from handlers import registry
from handlers.contract import Buyer, Feedback, Handler, ParametersForm, RevokeReason, UnitContext, UnitError, UnitErrors
from handlers.faults import CANNOT_BE_HAD, FAULT_AFTER_PAYMENT
from handlers.guard import GuardedHandler, HookBroken
from handlers.models import BrokenHook
from handlers.parameter_fields import TextField
from handlers.registry import temporary
from outbox.errors import RetryRefused
from outbox.jobs.models import Job
from shop.checkout.errors import CheckoutRefused
from shop.orders.contexts import line_contexts, order_with_people
from shop.orders.ending import cancel_order, expire_orders
from shop.orders.fulfilment import retry_line
from shop.orders.giving_back.services import give_units_back
from shop.orders.hooks import ScriptBroken
from shop.orders.lines.models import LineFeedback, OrderLine
from shop.orders.models import Order
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place, units_left
from tests.shop.admin_pages import line_url, order_url, text_of
from tests.shop.merchants import browser_of
from tests.shop.merchants import merchant as merchant
from tests.shop.steps import put_in_cart, signed_in, type_details

pytestmark = pytest.mark.django_db


class Odd(Exception):
    """Error of an extension."""


def raises(*_args, **_kwargs):
    raise Odd("a bug of the extension")


def ends_the_process(*_args, **_kwargs):
    raise SystemExit(3)


def asks_wrongly(*_args, **_kwargs):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def asks_too_long(*_args, **_kwargs):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '20ms'")
        cursor.execute("SELECT pg_sleep(1)")


def swallows_its_error(*_args, **_kwargs):
    try:
        asks_wrongly()
    except Exception:
        return Feedback()


def answers(value):
    def hook(*_args, **_kwargs):
        return value

    return hook


def says_what_cannot_be_said(*_args, **_kwargs):
    return Feedback(public=in_words(lambda: 1 / 0))


def blames_nobody(self, lines):
    raise UnitErrors([UnitError(99, -1, "x", "wrong")])


WAYS = {"raises": raises, "exits": ends_the_process, "asks wrongly": asks_wrongly, "asks too long": asks_too_long}
ANSWERS = {
    "is_offered_to": [None, "yes", 1],
    "units_made": [None, -5, 0, "many", True],
    "charged_units": [None, -5, 0, 10**9, "text", True, 1.5],
    "clean_units": [False, [], "wrong"],
    "courses": [None, "SEC-01", [None], ["a\0b"], 7],
    "courses_to_lock": [None, "SEC-01", [7]],
    "courses_of_units": [None, "SEC-01", [7]],
    "unit_form": [None, "form", dict],
    "sold": [None, "seats", {"role": "student"}],
    "pre_payment": [None, True, "done", Feedback(public=7)],
    "post_payment": [None, True, "done"],
    "attach_operator": [None, "done"],
    "revoke": [None, "done"],
    "retake": [None, "done"],
    "upgrade": [None, [], {1: 2}, {"a": object()}, {"a": float("nan")}],
    "check": [None, "fine", [None]],
}
# The whole way is gone once for each hook and way to break it; that each wrong answer counts as broken is shown below.
CASES = [(hook, way) for hook in ANSWERS for way in ("raises", "answers")]
CASES += [(hook, "asks too long") for hook in ("is_offered_to", "clean_units", "pre_payment", "revoke")]
CASES += [("charged_units", "exits"), ("pre_payment", "swallows"), ("clean_units", "blames nobody")]
CASES += [("form __init__", "raises"), ("form clean", "asks wrongly"), ("merchant form __init__", "raises")]
WAYS |= {"swallows": swallows_its_error, "blames nobody": blames_nobody}


class NoteForm(ParametersForm):
    note = TextField(label="Note")


class NameForm(forms.Form):
    name = forms.CharField(label="Name", required=False)


class Sound(Handler):
    """Handler that works, until a test breaks one hook of it."""

    name = "ext_odd"
    version = 2
    label = "Odd"
    MerchantForm = NoteForm
    UnitForm = NameForm
    units_may_be_blank = True


@pytest.fixture(autouse=True)
def in_english():
    with override("en"):
        yield


@pytest.fixture
def odd():
    """Register a sound handler in a class of its own, so that a test may break it."""
    with temporary(type("Odd", (Sound,), {"__module__": __name__})) as handler:
        yield type(handler.bare)


def break_it(odd, hook, way):
    broken = WAYS.get(way) or answers(ANSWERS[hook][0])
    if hook.startswith("merchant form"):
        odd.MerchantForm = type("Bad", (NoteForm,), {hook.split()[-1]: broken})
    elif hook.startswith("form"):
        odd.UnitForm = type("Bad", (NameForm,), {hook.split()[-1]: broken})
    else:
        setattr(odd, hook, broken)
    # The guard keeps the forms that it has made: a broken extension is loaded anew.
    for found in registry.installed():
        found.__dict__.pop("guarded", None)


@pytest.fixture
def entry(odd):
    return EntryFactory(code="ODD", name_en="Odd thing", handler="ext_odd", handler_version=1)


@pytest.fixture
def sound_entry():
    return EntryFactory(code="SOUND", name_en="Sound thing")


@pytest.fixture
def owner():
    return MembershipFactory()


@pytest.mark.parametrize(("hook", "way"), CASES)
def test_a_broken_hook_hurts_no_page_and_no_other_line(hook, way, odd, entry, sound_entry, owner):
    in_time = Order.objects.get(pk=place_mixed(entry, sound_entry, owner).pk)
    paid = place_mixed(entry, sound_entry, owner)
    pay(paid)
    deliver(paid)
    late = place_mixed(entry, sound_entry, owner)
    cart = make_cart(entry, quantity=2, user=owner.user)
    fill_cart(cart, sound_entry, user=owner.user)
    OrderLine.objects.filter(handler="ext_odd").update(handler_version=1)
    if hook in ("post_payment", "attach_operator"):
        waiting = place_mixed(entry, sound_entry, owner)
        pay(waiting)
    break_it(odd, hook, way)

    # The storefront: every page of the way to an order, then the order without the broken line.
    client = signed_in(owner.user)
    for page in ("/", "/e/ODD/", "/cart/", "/checkout/units/", "/checkout/details/", "/checkout/review/"):
        assert client.get(page).status_code in (200, 302), page
    put_in_cart(client, entry)
    type_details(client, account=str(owner.account_id), operator=str(owner.user_id))
    try_to_place(cart, owner)
    line = cart.lines.filter(entry=entry).first()
    if line is not None and cart_is_open(cart):
        assert client.post("/cart/", {"remove": line.pk}).status_code in (200, 302)
        assert not cart.lines.filter(entry=entry).exists()
        assert place(cart, user=owner.user, account=owner.account).status == "placed"

    # The merchant's pages.
    merchant = browser_of(UserFactory(is_staff=True, is_superuser=True))
    for page in (
        reverse("admin:index"),
        reverse("admin:catalog_entry_change", args=[entry.pk]),
        reverse("admin:handlers_brokenhook_changelist"),
        order_url(paid),
        line_url(paid.lines.get(position=0), "units"),
    ):
        assert merchant.get(page).status_code == 200, page

    # Delivery: the other line is delivered.
    if hook in ("post_payment", "attach_operator"):
        deliver(waiting)
        assert waiting.lines.get(entry=sound_entry).status == OrderLine.Status.FULFILLED
        assert merchant.get(order_url(waiting)).status_code == 200

    # The ends of an order: by the customer, by time, by the merchant's yes.
    assert client.post(reverse("order-cancel", args=[in_time.token])).status_code == 302
    in_time.refresh_from_db()
    assert in_time.status == Order.Status.CANCELLED
    assert pay(in_time) in ("settled", "late")
    expire_orders(now=late.expires_at + timedelta(days=1))
    late.refresh_from_db()
    assert late.status == Order.Status.EXPIRED
    give_back(merchant, paid.lines.get(position=0))
    assert paid.lines.get(position=0).status == OrderLine.Status.GIVEN_BACK


def place_mixed(entry, sound_entry, owner):
    cart = make_cart(entry, quantity=2, user=owner.user)
    fill_cart(cart, sound_entry, user=owner.user)
    return place(cart, user=owner.user, account=owner.account)


def try_to_place(cart, owner):
    """Place the cart with the broken line: it is refused in words, or goes through where the hook is asked later."""
    cart.refresh_from_db()
    if not cart_is_open(cart):
        return
    with suppress(CheckoutRefused):
        place(cart, user=owner.user, account=owner.account)


def cart_is_open(cart):
    cart.refresh_from_db()
    return cart.ordered_at is None


def give_back(merchant, line):
    url = line_url(line, "give_back")
    asked = {"units": "1-2", "reason": "Withdrawn", "owes_money": "on"}
    assert merchant.post(url, asked).status_code == 200
    answer = merchant.post(url, {**asked, "confirmed": "yes"})
    if answer.status_code == 200:
        assert "without_script" in answer.content.decode()
        answer = merchant.post(url, {**asked, "confirmed": "yes", "without_script": "on"})
    assert answer.status_code == 302


PARAMS = {"note": "x"}
UNITS = [UnitContext(0), UnitContext(1)]
CALLS = {
    "is_offered_to": lambda handler: handler.is_offered_to(PARAMS, User(), now=timezone.now()),
    "units_made": lambda handler: handler.units_made(PARAMS),
    "charged_units": lambda handler: handler.charged_units(PARAMS, UNITS),
    "clean_units": lambda handler: handler.clean_units([]),
    "courses": lambda handler: handler.courses(PARAMS),
    "courses_to_lock": lambda handler: handler.courses_to_lock(PARAMS),
    "courses_of_units": lambda handler: handler.courses_of_units(PARAMS, UNITS),
    "unit_form": lambda handler: handler.unit_form(PARAMS, buyer=Buyer(), answers=[], now=timezone.now()),
    "sold": lambda handler: handler.sold(PARAMS),
    "pre_payment": lambda handler: handler.pre_payment(SimpleNamespace(paid_at=None)),
    "post_payment": lambda handler: handler.post_payment(SimpleNamespace(paid_at=timezone.now())),
    "attach_operator": lambda handler: handler.attach_operator(SimpleNamespace(paid_at=None)),
    "revoke": lambda handler: handler.revoke(SimpleNamespace(paid_at=None), UNITS, None),
    "retake": lambda handler: handler.retake(SimpleNamespace(paid_at=None)),
    "upgrade": lambda handler: handler.upgrade(PARAMS, 1),
    "check": lambda handler: handler.check(None),
}
WRONG = [(hook, answers(value)) for hook, values in ANSWERS.items() for value in values]
WRONG += [(hook, way) for hook in ANSWERS for way in (raises, ends_the_process, asks_wrongly)]
WRONG += [("post_payment", says_what_cannot_be_said), ("clean_units", blames_nobody), ("revoke", swallows_its_error)]


@pytest.mark.parametrize(("hook", "broken"), WRONG)
def test_every_wrong_answer_and_every_error_is_named_with_its_place_and_undone(hook, broken):
    handler = GuardedHandler(type("Odd", (Sound,), {hook: broken, "__module__": __name__})())

    with pytest.raises(HookBroken) as told, transaction.atomic():
        CALLS[hook](handler)

    fault = told.value.fault
    assert (fault.handler, fault.hook) == ("ext_odd", hook)
    assert fault.file.endswith("test_broken_hooks.py")
    assert fault.line > 0
    assert User.objects.count() == 0  # the transaction goes on


def test_every_hook_of_the_contract_is_guarded():
    own = {name for name, value in vars(Handler).items() if callable(value) and not name.startswith("_")}
    guarded = {name for name, value in vars(GuardedHandler).items() if callable(value)}
    assert own - {"MerchantForm", "UnitForm"} <= guarded
    assert own - {"MerchantForm", "UnitForm"} <= set(ANSWERS)
    assert isinstance(vars(GuardedHandler)["MerchantForm"], cached_property)
    assert isinstance(vars(GuardedHandler)["UnitForm"], cached_property)


def test_nobody_but_the_kit_of_tests_gets_a_handler_without_its_guard():
    assert all(isinstance(handler, GuardedHandler) for handler in registry.all_handlers())
    assert isinstance(registry.specific_for("WEBINAIRE-ACCUEIL"), GuardedHandler)
    home = Path(registry.__file__).parent
    for floor in ("catalog", "shop", "project", "handlers"):
        for file in (home.parent / floor).rglob("*.py"):
            if file.parent != home and home / "testing" not in file.parents:
                text = file.read_text()
                assert not re.search(r"\bbare\(|\.bare\b|found\.handler\.(?!name)", text), file


def test_a_broken_hook_is_told_to_the_merchant_at_entry_and_order_and_on_the_start_page(odd, entry, sound_entry, owner):
    order = place_mixed(entry, sound_entry, owner)
    pay(order)
    break_it(odd, "post_payment", "answers")

    deliver(order)

    line = order.lines.get(entry=entry)
    assert line.status == OrderLine.Status.FAILED
    assert "has a fault" in line.failure_text
    [broken] = BrokenHook.objects.all()
    assert (broken.handler, broken.hook, broken.error, broken.detail) == ("ext_odd", "post_payment", "answer", "None")
    merchant = browser_of(UserFactory(is_staff=True, is_superuser=True))
    for page in (order_url(order), reverse("admin:catalog_entry_change", args=[entry.pk])):
        said = text_of(merchant.get(page))
        assert "“post_payment” of “ext_odd” is broken" in said
        assert "answers None; due is: Feedback, with texts" in said
    assert "Broken extensions" in text_of(merchant.get(reverse("admin:index")))


def test_a_fault_seen_again_is_counted_and_not_listed_twice(odd, entry, owner):
    break_it(odd, "units_made", "raises")
    cart = signed_in(owner.user)
    for _time in range(3):
        put_in_cart(cart, entry)
    [broken] = BrokenHook.objects.all()
    assert broken.times == 3
    assert broken.detail == "a bug of the extension"


def test_an_error_at_delivery_is_tried_again_and_named_in_the_job(odd, entry, sound_entry, owner):
    order = place_mixed(entry, sound_entry, owner)
    pay(order)
    break_it(odd, "post_payment", "raises")

    deliver(order)

    [job] = Job.objects.filter(state="pending", order_id=order.pk)
    assert "Odd: a bug of the extension" in job.last_error
    assert order.lines.get(entry=entry).status == OrderLine.Status.PENDING


@pytest.mark.parametrize("is_gone", [False, True])
def test_giving_back_and_cancelling_without_the_script_want_the_merchants_yes(
    is_gone, odd, entry, sound_entry, owner, merchant
):
    unpaid, paid = place_mixed(entry, sound_entry, owner), place_mixed(entry, sound_entry, owner)
    pay(paid)
    deliver(paid)
    if is_gone:
        OrderLine.objects.filter(handler="ext_odd").update(handler="ext_gone")
    else:
        break_it(odd, "revoke", "raises")
    asked = {"order_id": paid.pk, "units": units_left(paid), "actor": merchant, "reason": "x", "now": timezone.now()}

    with pytest.raises(ScriptBroken, match="not installed" if is_gone else "a bug of the extension"):
        give_units_back(**asked)
    with pytest.raises(ScriptBroken):
        cancel_order(order_id=unpaid.pk, actor=merchant, now=timezone.now(), needs_scripts=True)
    unpaid.refresh_from_db()
    assert unpaid.status == Order.Status.PLACED

    give_units_back(**asked, without_script=True)
    cancel_order(order_id=unpaid.pk, actor=merchant, now=timezone.now())
    paid.refresh_from_db()
    assert paid.status == Order.Status.COMPLETED
    assert LineFeedback.objects.filter(hook="revoke", line__order__in=[paid, unpaid]).count() == 2


def test_a_retry_tells_what_is_missing(odd, entry, sound_entry, owner, merchant):
    order = place_mixed(entry, sound_entry, owner)
    line = order.lines.get(entry=entry)
    OrderLine.objects.filter(pk=line.pk).update(handler="ext_gone")
    pay(order)
    deliver(order)

    with pytest.raises(RetryRefused, match="ext_gone"):
        retry_line(line_id=line.pk, actor=merchant, now=timezone.now())


# The words of a fault


def context_of(order, entry, **changed):
    line = order.lines.get(entry=entry)
    contexts = line_contexts(order_with_people(order.pk), [line], now=timezone.now())
    return replace(contexts[line.pk], **changed)


@pytest.mark.parametrize(("is_paid", "says"), [(False, CANNOT_BE_HAD), (True, FAULT_AFTER_PAYMENT)])
def test_a_customer_reads_whether_they_have_paid_for_it(is_paid, says, odd, entry, sound_entry, owner):
    order = place_mixed(entry, sound_entry, owner)
    context = context_of(order, entry, paid_at=timezone.now() if is_paid else None)
    break_it(odd, "revoke", "raises")

    with pytest.raises(HookBroken) as broken:
        registry.get_handler("ext_odd").revoke(context, [], RevokeReason.CANCELLED)

    assert str(broken.value) == str(says)


def test_a_fault_is_logged_with_its_trace(odd, entry, sound_entry, owner, caplog):
    order = place_mixed(entry, sound_entry, owner)
    break_it(odd, "revoke", "raises")

    with pytest.raises(HookBroken), caplog.at_level(logging.ERROR, "handlers.guard"):
        registry.get_handler("ext_odd").revoke(context_of(order, entry), [], RevokeReason.CANCELLED)

    [record] = [each for each in caplog.records if each.name == "handlers.guard"]
    assert isinstance(record.exc_info[1], Odd)


@pytest.mark.parametrize(
    ("answer", "shown"), [(7, "7"), (1.5, "1.5"), (True, "True"), ("many", "'many'"), ("x" * 51, "str"), ([], "list")]
)
def test_a_wrong_answer_is_shown_if_it_is_short(answer, shown):
    handler = GuardedHandler(type("Odd", (Sound,), {"sold": answers(answer), "__module__": __name__})())

    with pytest.raises(HookBroken) as broken:
        handler.sold(PARAMS)

    assert broken.value.fault.detail == shown


@pytest.mark.parametrize("is_of_the_database", [True, False])
def test_a_lost_database_is_no_fault_of_a_hook_that_asks_it(is_of_the_database):
    def loses_it(*_args):
        raise OperationalError from (psycopg2.OperationalError() if is_of_the_database else Odd())

    handler = GuardedHandler(type("Odd", (Sound,), {"courses": loses_it, "__module__": __name__})())

    with pytest.raises(OperationalError if is_of_the_database else HookBroken):
        handler.courses(PARAMS)


def test_a_template_that_asks_for_a_form_makes_none(odd):
    odd.UnitForm = type("Bad", (NameForm,), {"__init__": raises})
    [guarded] = [each for each in registry.all_handlers() if each.name == "ext_odd"]

    shown = Template("{% if handler.UnitForm %}asks{% endif %}").render(Context({"handler": guarded}))

    assert shown == "asks"
