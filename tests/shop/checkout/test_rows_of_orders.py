"""Every column that placing an order writes, and what ends it or brings it on."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from common.languages import field_in_every_language
from enrolments.courses.places.services import taken
from handlers.contract import Feedback
from outbox.jobs.models import Job
from outbox.mails.models import Mail
from shop.cart.models import Cart, CartUnit
from shop.cart.services import save_details
from shop.checkout import limits
from shop.checkout.errors import CheckoutRefused, TooManyUnpaidOrders
from shop.checkout.limits import UnpaidLimit
from shop.checkout.place import Consent, next_number
from shop.orders import ending, in_turn
from shop.orders.claim import ClaimRefused, accounts_to_move_into, claim_order
from shop.orders.ending import OrderNotCancellable, cancel_order, expire_orders
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import LineFeedback, OrderLine
from shop.orders.models import Order
from shop.orders.transitions import MoveRefused, move_line, move_lines, move_order
from shop.seller.models import LegalText
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place, postal_address, units_left
from tests.shop.probes import REFUSED, Probe

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
LATER = NOW + timedelta(minutes=20)


def moves_of(order):
    columns = ("what", "at", "actor", "from_status", "to_status", "detail")
    return list(OrderEvent.objects.filter(order=order).order_by("pk").values_list(*columns))


def test_a_visitors_order_keeps_what_was_typed(probe_entry):
    cart = make_cart(probe_entry, quantity=2)

    order = place(
        cart, email="someone@example.org", contact_name="Sam One", address=postal_address(name="Some One"),
        vat_id="FR40303265045", payer_email="pay@example.org", purchase_reference="PO-7",
        visitor_key="192.0.2.1", now=NOW,
    )  # fmt: skip

    order.refresh_from_db()
    assert (order.cart, order.buyer, order.operator, order.claimed_at) == (cart, None, None, None)
    assert (order.contact_email, order.contact_name, order.is_organisation, order.language) == (
        "someone@example.org", "Sam One", True, "en",
    )  # fmt: skip
    assert (order.billing_name, order.billing_street, order.billing_postal_code, order.billing_city) == (
        "Some One", "3 rue du Port", "44000", "Nantes",
    )  # fmt: skip
    assert (str(order.billing_country), order.vat_id, order.payer_email, order.purchase_reference) == (
        "FR", "FR40303265045", "pay@example.org", "PO-7",
    )  # fmt: skip
    assert (order.visitor_key, order.terms, order.terms_accepted_at, order.start_at_once_at) == (
        "192.0.2.1", None, NOW, None,
    )  # fmt: skip
    assert (order.currency, order.net, order.tax, order.gross) == (
        "EUR", Decimal("200.00"), Decimal("40.00"), Decimal("240.00"),
    )  # fmt: skip
    assert (order.placed_at, order.expires_at, order.paid_at, order.method) == (
        NOW, NOW + timedelta(hours=1), None, "",
    )  # fmt: skip
    assert order.number.startswith(f"{timezone.localtime(NOW).year}-")
    assert moves_of(order) == [("placed", NOW, None, "", "placed", {})]


def test_a_members_order_is_the_members_from_the_first_moment(probe_entry):
    membership = MembershipFactory()
    user = membership.user

    order = place(make_cart(probe_entry, user=user), user=user, account=membership.account, operator=user, now=NOW)

    assert (order.account, order.buyer, order.operator, order.claimed_at) == (membership.account, user, user, NOW)
    # Whatever was typed: a person buys with the address that was proved.
    assert order.contact_email == user.email
    assert moves_of(order) == [("placed", NOW, user.pk, "", "placed", {})]


def test_lines_are_frozen_in_the_order_of_the_cart(probe_entry):
    other = EntryFactory(tiers={1: "10.00", 2: "8.00"}, handler="")
    cart = make_cart(probe_entry)
    fill_cart(cart, other, quantity=3)

    order = place(cart, now=NOW)

    first, second = order.lines.order_by("position")
    assert [(line.position, line.entry, line.entry_code, line.account_id) for line in (first, second)] == [
        (0, probe_entry, probe_entry.code, order.account_id),
        (1, other, other.code, order.account_id),
    ]
    assert (second.entry_name, second.quantity, second.charged, second.status) == (
        field_in_every_language(other, "name"), 3, 3, "pending",
    )  # fmt: skip
    assert (second.unit_net, second.tax_rate, second.net, second.tax, second.gross) == (
        Decimal("8.00"), Decimal("20.00"), Decimal("24.00"), Decimal("4.80"), Decimal("28.80"),
    )  # fmt: skip
    assert (first.handler, second.handler, second.handler_version, second.parameters, second.fields_frozen) == (
        "std_probe", "", 0, {}, [],
    )  # fmt: skip


def test_a_cart_that_was_ordered_keeps_nothing_that_was_typed(diary):
    entry = EntryFactory(handler="std_formprobe")
    cart = make_cart(entry, units=[{"name": "Ada"}])
    kept = make_cart(entry, units=[{"name": "Eve"}])
    save_details(cart=cart, details={"email": "a@example.org"})

    place(cart, now=NOW)

    cart.refresh_from_db()
    assert (cart.ordered_at, cart.details) == (NOW, {})
    assert CartUnit.objects.values_list("line__cart", "answers").get() == (kept.pk, {"name": "Eve"})


@pytest.mark.parametrize("is_organisation", [True, False])
def test_only_a_private_person_may_ask_to_start_at_once(probe_entry, is_organisation):
    order = place(
        make_cart(probe_entry), is_organisation=is_organisation, now=NOW,
        consent=Consent(terms_id=None, start_at_once=True),
    )  # fmt: skip

    assert order.start_at_once_at == (None if is_organisation else NOW)


def test_the_terms_in_force_are_accepted_and_no_others(probe_entry):
    terms = LegalText.objects.create(kind="terms", version=1, body_fr="Texte", published_at=NOW - timedelta(days=1))
    cart = make_cart(probe_entry)

    with pytest.raises(CheckoutRefused):
        place(cart, consent=Consent(terms_id=None), now=NOW)
    with pytest.raises(CheckoutRefused):
        place(cart, consent=Consent(terms_id=terms.pk + 1), now=NOW)

    assert place(cart, consent=Consent(terms_id=terms.pk), now=NOW).terms == terms


@pytest.mark.parametrize(("is_visitor", "hours"), [(True, 24), (False, 1)])
def test_a_zero_total_waits_a_day_for_its_link_and_no_longer_than_others_without_one(is_visitor, hours, diary):
    entry = EntryFactory(tiers={1: "0.00"}, handler="std_probe")
    membership = MembershipFactory()
    how = {} if is_visitor else {"user": membership.user, "account": membership.account, "operator": membership.user}

    order = place(make_cart(entry, user=how.get("user")), **how, now=NOW)

    assert (order.status, order.expires_at) == ("placed" if is_visitor else "paid", NOW + timedelta(hours=hours))


def test_numbers_go_by_the_shops_year_and_never_come_twice():
    new_year_in_paris = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    one, other = next_number(new_year_in_paris), next_number(new_year_in_paris)

    assert one.startswith("2027-")
    assert len(one) == len("2027-000001")
    assert int(other[5:]) == int(one[5:]) + 1


# --- Limits of unpaid orders ---


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("PER_VISITOR", {"visitor_key": "192.0.2.1"}),
        ("PER_TYPED_ADDRESS", {"email": "a@example.org"}),
    ],
)
@pytest.mark.parametrize(
    ("limit", "passes"),
    [
        (UnpaidLimit(orders=2, places=9, units=9), True),
        (UnpaidLimit(orders=1, places=9, units=9), False),
        (UnpaidLimit(orders=9, places=9, units=5), True),
        (UnpaidLimit(orders=9, places=9, units=4), False),
    ],
)
def test_unpaid_orders_and_their_units_are_limited_to_the_last_one(probe_entry, monkeypatch, name, how, limit, passes):
    monkeypatch.setattr(limits, name, limit)
    typed = {"email": "one@example.org"} | how
    place(make_cart(probe_entry, quantity=2), **typed)
    second = make_cart(probe_entry, quantity=3)

    if passes:
        place(second, **{"email": "two@example.org"} | how)
    else:
        with pytest.raises(TooManyUnpaidOrders):
            place(second, **{"email": "two@example.org"} | how)


def test_the_limits_of_unpaid_orders():
    assert UnpaidLimit(orders=20, places=500, units=2_000) == limits.PER_VISITOR
    assert UnpaidLimit(orders=20, places=1_000, units=20_000) == limits.PER_ACCOUNT
    assert UnpaidLimit(orders=5, places=500, units=2_000) == limits.PER_TYPED_ADDRESS
    assert in_turn.AT_MOST == 500


def test_orders_paid_or_ended_or_of_others_are_not_counted(probe_entry, monkeypatch):
    monkeypatch.setattr(limits, "PER_TYPED_ADDRESS", UnpaidLimit(orders=1, places=9, units=9))
    monkeypatch.setattr(limits, "PER_ACCOUNT", UnpaidLimit(orders=1, places=9, units=9))
    member = MembershipFactory(user__email="a@example.org")
    mine = {"user": member.user, "account": member.account, "operator": member.user}
    pay(place(make_cart(probe_entry), email="a@example.org"), reference="1")
    cancel_order(order_id=place(make_cart(probe_entry), email="a@example.org").pk, actor=None, now=LATER)
    place(make_cart(probe_entry), email="b@example.org")
    # What a stranger types limits nobody who proved the address, nor the other way round.
    place(make_cart(probe_entry, user=member.user), **mine)
    place(make_cart(probe_entry), email="a@example.org")

    with pytest.raises(TooManyUnpaidOrders):
        place(make_cart(probe_entry, user=member.user), **mine)
    with pytest.raises(TooManyUnpaidOrders):
        place(make_cart(probe_entry), email="a@example.org")


@pytest.mark.parametrize(("places", "passes"), [(5, True), (4, False)])
def test_places_of_unpaid_orders_are_limited_to_the_last_one(monkeypatch, places, passes):
    monkeypatch.setattr(limits, "PER_TYPED_ADDRESS", UnpaidLimit(orders=9, places=places, units=99))
    course = CourseFactory(capacity=20)
    entry = EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": course.short_name})
    first = place(make_cart(entry, quantity=2), now=NOW)
    assert first.lines.get().places_held == 2
    second = make_cart(entry, quantity=3)

    if passes:
        assert place(second, now=NOW).lines.get().places_held == 3
    else:
        with pytest.raises(TooManyUnpaidOrders):
            place(second, now=NOW)
    assert taken([course.pk]) == {course.pk: 5 if passes else 2}


# --- Ending and claiming ---


@pytest.mark.parametrize(("reason", "detail"), [("", {}), ("Mistake", {"reason": "Mistake"})])
def test_who_cancels_when_and_why_is_kept(probe_entry, diary, reason, detail):
    order, merchant = place(make_cart(probe_entry), now=NOW), UserFactory()

    for _twice in range(2):
        cancel_order(order_id=order.pk, actor=merchant, now=LATER, reason=reason)

    assert moves_of(order)[1:] == [("cancelled", LATER, merchant.pk, "placed", "cancelled", detail)]
    assert diary.hooks() == ["pre", "revoke"]
    assert Mail.objects.filter(order_id=order.pk, kind="order_ended").count() == 1


def test_an_order_expires_in_its_moment_with_its_history(probe_entry, diary):
    order, other = place(make_cart(probe_entry), now=NOW), place(make_cart(probe_entry), now=LATER, email="b@e.org")
    over = NOW + timedelta(hours=1)

    assert expire_orders(now=over - timedelta(seconds=1)) == 0
    assert expire_orders(now=over) == 1
    with pytest.raises(OrderNotCancellable):
        cancel_order(order_id=order.pk, actor=None, now=over)

    assert moves_of(order)[1:] == [("expired", over, None, "placed", "expired", {})]
    assert [what for what, *_rest in moves_of(other)] == ["placed"]


def test_an_order_that_could_not_end_is_noted_and_tried_after_the_others(probe_entry, monkeypatch):
    order = place(make_cart(probe_entry), now=NOW)
    failures = iter([ZeroDivisionError()])
    undo = ending.undo_pre_payment

    def fail_once(*args, **options):
        for failure in failures:
            raise failure
        undo(*args, **options)

    monkeypatch.setattr(ending, "undo_pre_payment", fail_once)
    over = NOW + timedelta(hours=2)

    assert expire_orders(now=over) == 0

    order.refresh_from_db()
    assert (order.status, order.expiry_failed_at) == ("placed", over)
    assert expire_orders(now=over) == 1


def test_a_claim_makes_buyer_operator_and_owner(probe_entry, diary):
    order = place(make_cart(probe_entry), email="sam@example.org", now=NOW)
    pay(order, now=NOW)
    deliver(order)
    sam = UserFactory(email="sam@example.org")

    with pytest.raises(ClaimRefused):
        claim_order(order_id=order.pk, user=UserFactory(), now=LATER)
    claimed = claim_order(order_id=order.pk, user=sam, now=LATER)
    with pytest.raises(ClaimRefused):
        claim_order(order_id=order.pk, user=sam, now=LATER)

    order.refresh_from_db()
    assert (order.buyer, order.operator, order.claimed_at) == (sam, sam, LATER)
    assert (claimed.buyer, claimed.operator, claimed.claimed_at) == (sam, sam, LATER)
    assert order.account.memberships.values_list("user", "is_owner", "created_at").get() == (sam.pk, True, LATER)
    assert moves_of(order)[-1] == ("claimed", LATER, sam.pk, "", "", {})
    assert diary.hooks() == ["pre", "post", "operator"]
    assert diary.contexts[-1].operator == sam


def test_what_a_handler_says_of_a_claim_is_kept_with_its_delivery(probe_entry, diary, monkeypatch):
    monkeypatch.setattr(Probe, "attach_operator", lambda self, line: Feedback(customer="You supervise this."))
    order = place(make_cart(probe_entry), email="sam@example.org", now=NOW)
    pay(order)
    deliver(order)

    claim_order(order_id=order.pk, user=UserFactory(email="sam@example.org"), now=LATER)

    feedback = LineFeedback.objects.get(at=LATER)
    assert (feedback.line, feedback.hook, feedback.customer_text) == (
        order.lines.get(), "post_payment", "You supervise this.",
    )  # fmt: skip


def test_an_account_with_another_order_is_no_claimed_orders_own(probe_entry):
    sam = UserFactory(email="sam@example.org")
    other = MembershipFactory(user=sam).account
    order = place(make_cart(probe_entry), email="sam@example.org", now=NOW)
    order = claim_order(order_id=order.pk, user=sam, now=LATER)
    assert accounts_to_move_into(order, sam) == [other]

    place(make_cart(probe_entry, user=sam), user=sam, account=order.account, operator=sam)

    assert accounts_to_move_into(order, sam) == []


def test_a_claim_that_a_handler_refuses_changes_nothing(probe_entry, diary):
    order = place(make_cart(probe_entry), email="sam@example.org", now=NOW)
    pay(order)
    deliver(order)
    diary.raises["operator"] = [REFUSED]

    with pytest.raises(ClaimRefused, match="No more chairs"):
        claim_order(order_id=order.pk, user=UserFactory(email="sam@example.org"), now=LATER)

    order.refresh_from_db()
    assert (order.is_claimed, order.account.memberships.exists()) == (False, False)


def test_a_claimed_zero_total_is_confirmed_under_the_claimants_name(diary):
    order = place(
        make_cart(EntryFactory(tiers={1: "0.00"}, handler="std_probe")), email="sam@example.org", now=NOW
    )  # fmt: skip
    sam = UserFactory(email="sam@example.org")

    claimed = claim_order(order_id=order.pk, user=sam, now=LATER)

    assert (claimed.status, claimed.paid_at, claimed.method) == ("paid", LATER, "free")
    assert moves_of(order)[-1][:5] == ("paid", LATER, sam.pk, "placed", "paid")


# --- Moves ---


def test_a_delivery_is_told_line_by_line_and_completes_with_the_last(probe_entry):
    cart = make_cart(probe_entry)
    fill_cart(cart, EntryFactory(handler="std_probe"))
    order = place(cart, now=NOW)
    pay(order, now=NOW)
    jobs = Job.objects.filter(kind="fulfil_line").order_by("pk")
    lines = list(order.lines.order_by("position"))
    assert list(jobs.values_list("key", "payload", "account_id")) == [
        (f"fulfil_line:{line.pk}:0", {"line": line.pk}, order.account_id) for line in lines
    ]

    deliver(order)

    assert order.status == "completed"
    assert order.completed_at is not None
    told = [(what, actor, old, new, detail) for what, _at, actor, old, new, detail in moves_of(order)[2:]]
    assert told == [
        ("line_fulfilled", None, "", "", {"line": 0}),
        ("line_fulfilled", None, "", "", {"line": 1}),
        ("completed", None, "paid", "completed", {}),
    ]
    assert all(line.fulfilled_at and line.status == "fulfilled" for line in order.lines.all())
    assert units_left(order) == {line.pk: [0] for line in lines}


def test_a_move_that_is_not_allowed_or_was_made_by_another_is_refused(probe_entry):
    order = place(make_cart(probe_entry), now=NOW)
    stale = Order.objects.get(pk=order.pk)
    how = {"what": "cancelled", "actor": None, "now": NOW}

    with pytest.raises(MoveRefused, match="placed → completed"):
        move_order(order, "completed", **how)
    move_order(order, "cancelled", **how)
    with pytest.raises(MoveRefused, match="not placed any more"):
        move_order(stale, "cancelled", **how)

    assert len(moves_of(order)) == 2


def test_a_move_of_a_line_that_is_not_allowed_or_was_made_by_another_is_refused(probe_entry):
    cart = make_cart(probe_entry)
    fill_cart(cart, EntryFactory(handler="std_probe"))
    order = place(cart, now=NOW)
    lines = list(order.lines.order_by("position"))
    stale = list(order.lines.order_by("position"))

    move_line(lines[0], "failed", failure={"en": "No."})
    with pytest.raises(MoveRefused, match="failed → fulfilled"):
        move_line(lines[0], "fulfilled", fulfilled_at=NOW)
    with pytest.raises(MoveRefused, match="are not all pending any more"):
        move_lines(stale, "given_back")

    assert lines[0].failure == {"en": "No."}
    assert OrderLine.objects.get(pk=lines[0].pk).failure == {"en": "No."}


def test_a_cart_made_anew_after_the_order_is_another_one(probe_entry):
    user = UserFactory()
    cart = make_cart(probe_entry, user=user)
    membership = MembershipFactory(user=user)
    place(cart, user=user, account=membership.account, operator=user)

    assert make_cart(probe_entry, user=user) != cart
    assert Cart.objects.filter(user=user, ordered_at__isnull=True).count() == 1
