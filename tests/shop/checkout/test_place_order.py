"""Placing an order: all of it or none of it, once."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django import forms
from django.utils import timezone
from django.utils.translation import override

from accounts.members.models import CustomerAccount, Membership
from accounts.rate_limits.by_network import WIDE_ROOM
from catalog.models.entries import Entry, PriceTier
from enrolments.courses.places.services import taken
from handlers.contract import Refusal
from handlers.registry import temporary
from outbox.mails.models import Mail
from shop.cart.current import WIDE_PART
from shop.cart.models import Cart, CartUnit
from shop.cart.services import save_details, save_units, set_quantity
from shop.checkout import limits
from shop.checkout.errors import (
    CartEmpty,
    CheckoutRefused,
    DetailsRefused,
    EntryNotOnSale,
    HandlerRefused,
    TooManyUnpaidOrders,
    TotalChanged,
    UnitsIncomplete,
)
from shop.checkout.limits import PER_TYPED_ADDRESS, PER_VISITOR, UnpaidLimit
from shop.checkout.place import Consent, Noted, next_number, place_order
from shop.orders.claim import claim_order
from shop.orders.ending import cancel_order
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderUnit
from shop.orders.models import Order
from shop.seller.frozen import freeze_seller
from shop.seller.models import LegalText, ShopIdentity
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, fill_cart, make_cart, order_details, pay, place, shown_now
from tests.shop.probes import FormProbe, Probe, traces

pytestmark = pytest.mark.django_db


def nothing_was_written() -> bool:
    return not Order.objects.exists() and not CustomerAccount.objects.exists() and not Mail.objects.exists()


def test_a_visitors_order_is_frozen_as_it_was_sold(probe_entry, diary):
    cart = make_cart(probe_entry, quantity=3)
    order = place(cart, email="someone@example.org")

    line = order.lines.get()
    assert (order.status, order.net, order.tax, order.gross) == ("placed", Decimal(300), Decimal(60), Decimal(360))
    assert (line.quantity, line.charged, line.unit_net, line.tax_rate) == (3, 3, Decimal(100), Decimal(20))
    assert (line.handler, line.entry_name["fr"]) == ("std_probe", probe_entry.name_fr)
    assert order.buyer is None
    assert order.operator is None
    assert not order.is_claimed
    assert not order.account.memberships.exists()
    assert OrderUnit.objects.filter(line=line).count() == 3
    assert diary.hooks() == ["pre"]
    assert line.feedback.get().public_text == "held"
    assert [event.what for event in order.events.all()] == ["placed"]
    assert len(order.token) >= 32


def test_posting_twice_gives_the_same_order(probe_entry, diary):
    cart = make_cart(probe_entry)
    shown = shown_now(cart)
    first = place(cart, shown=shown)
    second = place(cart, shown=shown)

    assert first == second
    assert Order.objects.count() == 1
    assert diary.hooks() == ["pre"]


def test_a_changed_price_is_shown_again_and_not_charged(probe_entry):
    cart = make_cart(probe_entry)
    shown = shown_now(cart)
    PriceTier.objects.filter(entry=probe_entry).update(unit_net=Decimal(101))

    with pytest.raises(TotalChanged):
        place(cart, shown=shown)
    assert nothing_was_written()


@pytest.mark.parametrize(
    "edited",
    [{"parameters": {"packsize": 1}}, {"name_fr": "Cinq sièges"}, {"handler": "", "parameters": {}}],
    ids=["parameters", "name", "handler"],
)
def test_an_entry_edited_at_the_same_price_is_shown_again_and_not_ordered(edited):
    entry = EntryFactory(handler="std_generateseats", parameters={"packsize": 5})
    cart = make_cart(entry)
    shown = shown_now(cart)
    Entry.objects.filter(pk=entry.pk).update(**edited)

    with pytest.raises(TotalChanged):
        place(cart, shown=shown)
    assert nothing_was_written()


def test_an_edited_description_bothers_no_customer():
    entry = EntryFactory()
    cart = make_cart(entry)
    shown = shown_now(cart)
    Entry.objects.filter(pk=entry.pk).update(description_fr="<p>Mieux dit.</p>", version=2)

    assert place(cart, shown=shown).status == "placed"


def test_a_cart_changed_in_another_tab_is_shown_again(probe_entry):
    cart = make_cart(probe_entry, quantity=2)
    line, shown = cart.lines.get(), shown_now(cart)
    set_quantity(cart=cart, line_id=line.pk, quantity=3, user=None, now=timezone.now())
    set_quantity(cart=cart, line_id=line.pk, quantity=2, user=None, now=timezone.now())

    with pytest.raises(TotalChanged):
        place(cart, shown=shown)
    assert nothing_was_written()


def test_a_handlers_refusal_rolls_everything_back(probe_entry, diary):
    other = EntryFactory(handler="std_probe")
    cart = make_cart(probe_entry)
    fill_cart(cart, other)
    diary.raises["pre"] = [Refusal("No more chairs.")]

    with pytest.raises(HandlerRefused, match="No more chairs"):
        place(cart)
    assert nothing_was_written()
    assert Cart.objects.get(pk=cart.pk).ordered_at is None


def test_the_refused_cart_can_be_ordered_afterwards(probe_entry, diary):
    cart = make_cart(probe_entry)
    diary.raises["pre"] = [Refusal("No more chairs.")]
    with pytest.raises(HandlerRefused):
        place(cart)

    assert place(cart).status == "placed"
    assert traces("pre") == 1


def test_an_ordered_cart_keeps_nothing_of_what_was_typed(diary):
    entry = EntryFactory(handler="std_formprobe")
    cart = make_cart(entry, units=[{"name": "Ada"}])
    save_details(cart=cart, details={"contact_name": "Camille"})
    save_units(cart=cart, line_id=cart.lines.get().pk, answers={0: {"name": "Ada"}})
    order = place(cart)

    cart.refresh_from_db()
    assert cart.details == {}
    assert not CartUnit.objects.exists()
    assert order.lines.get().units.get().answers == {"name": "Ada"}


def test_incomplete_units_are_named_at_their_fields(diary):
    entry = EntryFactory(handler="std_formprobe")
    cart = make_cart(entry, quantity=3, units=[{"name": "Ada"}, {"name": "x" * 41}])

    with pytest.raises(UnitsIncomplete) as refusal:
        place(cart)
    assert [(error.index, error.field) for error in refusal.value.errors] == [(1, "name"), (2, "name")]


def test_unit_answers_are_frozen_on_the_order(diary):
    entry = EntryFactory(handler="std_formprobe")
    cart = make_cart(entry, quantity=2, units=[{"name": " Ada "}, {"name": "Grace"}])

    order = place(cart)
    assert [unit.answers for unit in order.lines.get().units.all()] == [{"name": "Ada"}, {"name": "Grace"}]
    assert [unit.answers["name"] for unit in diary.contexts[0].units] == ["Ada", "Grace"]


def test_answers_that_are_dates_and_amounts_are_texts_to_every_hook(diary):
    class BirthForm(forms.Form):
        born_on = forms.DateField()
        size = forms.DecimalField()

    class BirthProbe(FormProbe):
        name = "std_birthprobe"
        UnitForm = BirthForm

        def clean_units(self, lines):
            diary.drafts = [unit.answers for line in lines for unit in line.units]

    with temporary(BirthProbe):
        entry = EntryFactory(handler="std_birthprobe")
        order = place(make_cart(entry, units=[{"born_on": "2000-02-29", "size": "1.80"}]))
        pay(order)
        deliver(order)
    kept = {"born_on": "2000-02-29", "size": "1.80"}
    assert order.lines.get().units.get().answers == kept
    assert [unit.answers for context in diary.contexts for unit in context.units] == [kept, kept]
    assert diary.drafts == [kept]


def test_an_empty_cart_and_an_unknown_one_are_refused(probe_entry):
    cart = make_cart(probe_entry)
    cart.lines.all().delete()
    with pytest.raises(CartEmpty):
        place(cart)
    with pytest.raises(CartEmpty):
        place(Cart(token="guess"), shown=shown_now(cart))


def test_another_persons_cart_is_refused(probe_entry):
    alice, bob = UserFactory(), UserFactory()
    cart = make_cart(probe_entry, user=alice)
    shown = shown_now(cart, user=alice)
    with pytest.raises(CartEmpty):
        place(cart, user=bob, shown=shown)
    with pytest.raises(CartEmpty):
        place(cart, user=None, shown=shown)


def test_an_entry_withdrawn_meanwhile_is_refused(probe_entry):
    cart = make_cart(probe_entry)
    type(probe_entry).objects.filter(pk=probe_entry.pk).update(state="retired")
    with override("en"), pytest.raises(EntryNotOnSale, match=f"{probe_entry.name_en}: This is no longer sold."):
        place(cart)
    assert nothing_was_written()


def test_a_line_whose_courses_cannot_be_told_is_refused_with_the_reason(probe_entry, monkeypatch):
    def broken(self, params):
        raise ValueError("no idea")

    cart = make_cart(probe_entry)
    monkeypatch.setattr(Probe, "courses_to_lock", broken)

    with override("en"), pytest.raises(HandlerRefused, match=f"{probe_entry.name_en}: .* its automation"):
        place(cart)
    assert nothing_was_written()


def placed_by_hand(cart, **how) -> Order:
    """Place a visitor's cart with no more told than is needed."""
    return place_order(
        cart_token=cart.token,
        user=None,
        details=order_details(),
        shown=shown_now(cart),
        consent=Consent(None),
        language="en",
        visitor_key="",
        now=timezone.now(),
        **how,
    )


def test_a_typed_address_is_not_proved_unless_somebody_says_so(probe_entry):
    assert not placed_by_hand(make_cart(probe_entry)).is_proved
    assert placed_by_hand(make_cart(probe_entry), is_proved=True).is_proved


def test_a_note_of_staff_that_the_customer_accepts_stands_in_the_history(probe_entry):
    noted = Noted(by=UserFactory(is_staff=True), how="By telephone", on=date(2026, 3, 2))

    event = placed_by_hand(make_cart(probe_entry), noted=noted).events.get()

    assert (event.what, event.actor, event.detail) == (
        "placed",
        noted.by,
        {"reason": "By telephone", "on": "2026-03-02"},
    )


def test_the_terms_in_force_must_have_been_accepted(probe_entry):
    now = timezone.now()
    old = LegalText.objects.create(kind="terms", version=1, body="Old", published_at=now)
    new = LegalText.objects.create(kind="terms", version=2, body="New", published_at=now)
    cart = make_cart(probe_entry)

    for consent in (Consent(None), Consent(old.pk)):
        with pytest.raises(CheckoutRefused):
            place(cart, consent=consent, now=now)
    order = place(cart, consent=Consent(new.pk), now=now)
    assert (order.terms, order.terms_accepted_at) == (new, now)


def test_a_private_buyers_request_to_start_at_once_is_recorded(probe_entry):
    now = timezone.now()
    order = place(make_cart(probe_entry), consent=Consent(None, start_at_once=True), is_organisation=False, now=now)
    assert order.start_at_once_at == now


def test_an_organisation_has_no_withdrawal_to_give_up(probe_entry):
    order = place(make_cart(probe_entry), consent=Consent(None, start_at_once=True), is_organisation=True)
    assert order.start_at_once_at is None


def test_a_private_buyer_who_did_not_ask_for_it_gives_up_no_withdrawal(probe_entry):
    order = place(make_cart(probe_entry), consent=Consent(None, start_at_once=False), is_organisation=False)
    assert order.start_at_once_at is None


def test_the_number_begins_with_the_year_where_the_shop_is():
    new_year_in_paris = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert next_number(new_year_in_paris).startswith("2027-")


class TestSignedIn:
    def test_the_buyer_becomes_owner_of_a_new_account_and_operator(self, probe_entry):
        alice = UserFactory()
        order = place(make_cart(probe_entry, user=alice), user=alice, email="typed@example.org")

        assert (order.buyer, order.operator) == (alice, alice)
        assert order.is_claimed
        assert order.contact_email == alice.email
        assert Membership.objects.get(account=order.account, user=alice).is_owner

    def test_buying_for_an_account_needs_the_right_to_buy(self, probe_entry):
        alice = UserFactory()
        operator_only = MembershipFactory(user=alice, is_owner=False, is_operator=True).account
        strangers = MembershipFactory().account
        for account in (operator_only, strangers):
            with pytest.raises(DetailsRefused):
                place(make_cart(probe_entry, user=alice), user=alice, account=account)
        assert not Order.objects.exists()

    def test_the_operator_is_one_of_the_accounts_owners_and_operators(self, probe_entry):
        buyer = MembershipFactory(is_owner=False, is_buyer=True)
        colleague = MembershipFactory(account=buyer.account, is_owner=False, is_operator=True).user
        cart = make_cart(probe_entry, user=buyer.user)

        with pytest.raises(DetailsRefused):
            place(cart, user=buyer.user, account=buyer.account)
        with pytest.raises(DetailsRefused):
            place(cart, user=buyer.user, account=buyer.account, operator=UserFactory())
        order = place(cart, user=buyer.user, account=buyer.account, operator=colleague)
        assert (order.buyer, order.operator) == (buyer.user, colleague)


class TestZeroTotal:
    @pytest.fixture
    def free_entry(self, diary):
        return EntryFactory(handler="std_probe", tiers={1: "0.00"})

    def test_of_a_signed_in_buyer_is_settled_at_once(self, free_entry):
        alice = UserFactory()
        order = place(make_cart(free_entry, user=alice), user=alice)
        assert (order.status, order.method) == ("paid", "free")

    def test_of_a_visitor_waits_for_the_link_one_day(self, free_entry):
        order = place(make_cart(free_entry))
        assert order.status == "placed"
        assert (order.expires_at - order.placed_at).total_seconds() == 24 * 3600


class TestUnpaidOrders:
    def test_of_one_visitor_are_limited(self, probe_entry):
        for index in range(PER_VISITOR.orders):
            place(make_cart(probe_entry), visitor_key="v1", email=f"a{index}@example.org")
        with pytest.raises(TooManyUnpaidOrders):
            place(make_cart(probe_entry), visitor_key="v1", email="b@example.org")
        assert place(make_cart(probe_entry), visitor_key="v2", email="b@example.org")

    def test_of_the_visitors_of_a_wide_network_are_limited_together(self, probe_entry, monkeypatch):
        lower(monkeypatch, "PER_VISITOR", orders=1)
        near, far = f"{'a' * WIDE_PART}:", f"{'b' * WIDE_PART}:"
        for index in range(WIDE_ROOM):
            place(make_cart(probe_entry), visitor_key=f"{near}{index}", email=f"a{index}@example.org")
        with pytest.raises(TooManyUnpaidOrders):
            place(make_cart(probe_entry), visitor_key=f"{near}9", email="b@example.org")
        assert place(make_cart(probe_entry), visitor_key=f"{far}9", email="b@example.org")

    def test_to_one_typed_address_are_limited_among_unclaimed_ones(self, probe_entry):
        for index in range(PER_TYPED_ADDRESS.orders):
            place(make_cart(probe_entry), visitor_key=f"v{index}")
        with pytest.raises(TooManyUnpaidOrders):
            place(make_cart(probe_entry), visitor_key="v9")
        alice = UserFactory(email="buyer@example.org")
        assert place(make_cart(probe_entry, user=alice), user=alice)


class TestPlacesHeld:
    @pytest.fixture(autouse=True)
    def one_visitor_may_hold_three(self, monkeypatch):
        monkeypatch.setattr(limits, "PER_VISITOR", UnpaidLimit(orders=20, places=3, units=1_000))

    def order_session(self, course, *, quantity: int, email: str) -> Order:
        entry = EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": course.short_name})
        return place(make_cart(entry, quantity=quantity), visitor_key="v1", email=email)

    def order_role(self, course, role: str, *, email: str) -> Order:
        parameters = {"coursename": course.short_name, "role": role}
        entry = EntryFactory(handler="std_enroloncourse", parameters=parameters)
        return place(make_cart(entry), visitor_key="v1", email=email)

    def test_up_to_the_limit_and_no_further(self, db):
        course = CourseFactory(capacity=100)
        order = self.order_session(course, quantity=2, email="a@example.org")
        assert order.lines.get().places_held == 2
        assert self.order_role(course, "student", email="b@example.org").lines.get().places_held == 1
        with pytest.raises(TooManyUnpaidOrders):
            self.order_role(course, "student", email="c@example.org")
        assert taken([course.pk]) == {course.pk: 3}

    def test_a_line_that_holds_nothing_does_not_count(self, db):
        course = CourseFactory(capacity=100)
        for number in range(4):
            order = self.order_role(course, "teacher", email=f"{number}@example.org")
            assert order.lines.get().places_held == 0
        assert self.order_session(course, quantity=3, email="a@example.org").lines.get().places_held == 3

    def test_a_handler_that_names_a_course_and_holds_no_place_does_not_count(self, diary, monkeypatch):
        course = CourseFactory()
        monkeypatch.setattr(Probe, "courses", lambda self, params: [course.short_name])
        order = place(make_cart(EntryFactory(handler="std_probe"), quantity=4), visitor_key="v1")
        assert order.lines.get().places_held == 0


def lower(monkeypatch, name, **caps):
    """Lower one of the limits of unpaid orders."""
    monkeypatch.setattr(limits, name, replace(getattr(limits, name), **caps))


def hold_in(course):
    return EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": course.short_name})


class TestBoundsOfUnpaidOrders:
    """Bounds of the limits: the last order allowed, and the first one refused."""

    def test_of_an_account(self, probe_entry, monkeypatch):
        lower(monkeypatch, "PER_ACCOUNT", orders=2)
        owner = MembershipFactory()
        colleague = MembershipFactory(account=owner.account)
        other = MembershipFactory(user=owner.user)

        def buy(member):
            return place(make_cart(probe_entry, user=member.user), user=member.user, account=member.account)

        first = buy(owner)
        buy(colleague)
        with pytest.raises(TooManyUnpaidOrders):
            buy(owner)
        assert buy(other)
        pay(first)
        assert buy(owner)

    @pytest.mark.parametrize(
        ("name", "key"), [("PER_VISITOR", {"visitor_key": "v1"}), ("PER_TYPED_ADDRESS", {"email": "a@example.org"})]
    )
    def test_of_the_places_they_hold_together(self, probe_entry, monkeypatch, name, key):
        lower(monkeypatch, name, places=3)
        entry = hold_in(CourseFactory())
        first = place(make_cart(entry, quantity=2), **key)
        place(make_cart(entry), **key)

        with pytest.raises(TooManyUnpaidOrders):
            place(make_cart(entry), **key)
        assert place(make_cart(probe_entry), **key)
        cancel_order(order_id=first.pk, actor=None, now=timezone.now())
        place(make_cart(entry, quantity=2), **key)

    def test_do_not_stop_an_order_that_holds_no_place(self, probe_entry, monkeypatch):
        place(make_cart(hold_in(CourseFactory()), quantity=2))
        lower(monkeypatch, "PER_TYPED_ADDRESS", places=1)
        assert place(make_cart(probe_entry))

    def test_of_the_places_an_account_holds(self, monkeypatch):
        lower(monkeypatch, "PER_ACCOUNT", places=3)
        entry, owner = hold_in(CourseFactory()), MembershipFactory()

        def buy(quantity):
            cart = make_cart(entry, quantity=quantity, user=owner.user)
            return place(cart, user=owner.user, account=owner.account)

        buy(3)
        with pytest.raises(TooManyUnpaidOrders):
            buy(1)

    def test_of_a_typed_address_what_its_owner_claimed_or_bought_does_not_count(self, probe_entry, monkeypatch):
        lower(monkeypatch, "PER_TYPED_ADDRESS", orders=2)
        alice = UserFactory(email="alice@example.org")
        place(make_cart(probe_entry, user=alice), user=alice)
        claimed = place(make_cart(probe_entry), email="alice@example.org")
        claim_order(order_id=claimed.pk, user=alice, now=timezone.now())

        for _order in range(2):
            place(make_cart(probe_entry), email="alice@example.org")
        with pytest.raises(TooManyUnpaidOrders):
            place(make_cart(probe_entry), email="alice@example.org")
        assert place(make_cart(probe_entry), email="bob@example.org")


def test_the_history_says_who_placed_it(probe_entry):
    alice = UserFactory()
    order = place(make_cart(probe_entry, user=alice), user=alice)
    assert OrderEvent.objects.get(order=order, what="placed").actor == alice


def test_the_same_number_of_queries_for_two_and_for_two_hundred_units(diary, django_assert_max_num_queries):
    freeze_seller(seller=ShopIdentity.current())
    entry = EntryFactory(handler="std_formprobe")
    small = make_cart(entry, quantity=2, units=[{"name": "n"}] * 2)
    large = make_cart(entry, quantity=200, units=[{"name": "n"}] * 200)
    few, many = shown_now(small, email="a@example.org"), shown_now(large, email="b@example.org")
    with django_assert_max_num_queries(45) as first:
        place(small, shown=few, email="a@example.org")
    with django_assert_max_num_queries(45) as second:
        place(large, shown=many, email="b@example.org")
    assert len(first) == len(second)


def test_nobody_asks_to_start_at_once_without_a_word(probe_entry):
    order = place(make_cart(probe_entry), consent=Consent(None), is_organisation=False)
    assert order.start_at_once_at is None


def test_a_line_without_a_handler_keeps_no_line_after_it_from_its_hook(probe_entry, diary):
    cart = make_cart(EntryFactory(handler=""))
    fill_cart(cart, probe_entry)

    order = place(cart)

    assert [line.handler for line in order.lines.order_by("position")] == ["", "std_probe"]
    assert diary.hooks() == ["pre"]
