"""Constraints of carts, orders and payments, each broken by raw SQL."""

import pytest
from django.utils import timezone

from shop.cart.models import Cart
from shop.orders.copied.columns import TAKEN_OFF, YOUNG
from shop.orders.copied.models import KeptBilling
from shop.orders.giving_back.models import GivingBack
from shop.orders.models import Order
from shop.payments.models import MoneyHandling, Payment, PaymentEvent, Settlement
from shop.seller.models import LegalText, ShopIdentity
from tests.constraints import broken, copy, run
from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, pay, place

pytestmark = pytest.mark.django_db


# Carts


@pytest.fixture
def cart(probe_entry) -> Cart:
    cart = make_cart(probe_entry, user=UserFactory())
    cart.lines.get().units.create(index=0)
    return cart


def test_a_token_names_one_cart(cart):
    with broken("shop_cart_token_key"):
        copy("shop_cart", cart.pk, user_id=None)


def test_a_person_has_one_open_cart(cart):
    with broken("shop_cart_one_open_per_user"):
        copy("shop_cart", cart.pk, token="another")


def test_a_cart_that_was_ordered_leaves_room_for_another(cart):
    copy("shop_cart", cart.pk, token="another", ordered_at=timezone.now())


def test_an_entry_is_one_line_of_a_cart(cart):
    with broken("shop_cartline_entry_once"):
        copy("shop_cartline", cart.lines.get().pk)


def test_nobody_puts_zero_into_a_cart(cart):
    with broken("shop_cartline_quantity_positive"):
        run("UPDATE shop_cartline SET quantity = 0")


def test_a_unit_in_a_cart_is_answered_once(cart):
    with broken("shop_cartunit_index_once"):
        copy("shop_cartunit", cart.lines.get().units.get().pk)


# Orders


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


@pytest.mark.parametrize(
    ("refusal", "change"),
    [
        (broken("shop_order_amounts"), "net = -1, gross = -1 + tax"),
        (broken("shop_order_amounts"), "tax = -1, gross = -1 + net"),
        (broken("shop_order_gross_is_net_plus_tax"), "gross = gross + 0.01"),
        (broken("shop_order_status_known"), "status = 'lost'"),
        (broken("shop_order_paid_has_time"), "status = 'paid'"),
        (broken("shop_order_paid_has_time"), "status = 'completed'"),
        (broken("shop_order_public_body_is_no_person"), "is_public_body = true, is_organisation = false"),
        (broken("shop_order_buyer_when_claimed"), "claimed_at = now()"),
        (broken("shop_order_buyer_when_claimed"), "operator_id = (SELECT max(id) FROM accounts_user)"),
    ],
)
def test_an_order_keeps_its_shape(order, refusal, change):
    UserFactory()
    with refusal:
        run(f"UPDATE shop_order SET {change} WHERE id = %s", order.pk)


def test_an_order_may_be_paid_and_claimed(order):
    user = UserFactory()
    run("UPDATE shop_order SET status = 'paid', paid_at = now(), claimed_at = now(), buyer_id = %s", user.pk)


CLOSED = """
    contact_email = '', contact_name = '', billing_name = '', billing_street = '', billing_postal_code = '',
    billing_city = '', vat_id = '', payer_email = '', purchase_reference = '', visitor_key = ''
"""


@pytest.fixture
def ended(order) -> Order:
    """End an order unpaid, and blank what it copied."""
    run(f"UPDATE shop_order SET status = 'expired', blanked_at = now(), {CLOSED}")
    return order


@pytest.mark.parametrize("column", [name for name in TAKEN_OFF if name not in YOUNG])
def test_an_order_that_is_closed_copies_nobody(ended, column):
    for since in ("sealed_at = NULL", "sealed_at = now(), blanked_at = NULL"):
        with broken("shop_order_closed_holds_nobody"):
            run(f"UPDATE shop_order SET {since}, {column} = 'x'")


def test_an_order_is_not_closed_without_being_emptied(order):
    for since in ("sealed_at", "blanked_at"):
        with broken("shop_order_closed_holds_nobody"):
            run(f"UPDATE shop_order SET status = 'expired', {since} = now()")


@pytest.mark.parametrize(
    "change",
    [
        "status = 'placed'",
        "status = 'paid', paid_at = now() - interval '20 years'",
        "status = 'completed', paid_at = now()",
        "status = 'refunded', paid_at = now() - interval '9 years'",
    ],
)
def test_an_order_that_is_needed_is_not_blanked(ended, change):
    with broken("shop_order_blanked_not_needed"):
        run(f"UPDATE shop_order SET {change}")


def test_an_order_may_be_blanked_after_ten_years(ended):
    run("UPDATE shop_order SET status = 'completed', paid_at = now() - interval '10 years'")


def test_an_order_is_closed_to_accounting_once(order):
    run(f"UPDATE shop_order SET sealed_at = now(), {CLOSED}")
    kept = KeptBilling.objects.create(order=order, kept_at=timezone.now())
    with broken("shop_keptbilling_order_id_key"):
        copy("shop_keptbilling", kept.pk)


def test_a_number_names_one_order(order):
    with broken("shop_order_number_key"):
        copy("shop_order", order.pk, token="another", cart_id=None)


def test_a_token_names_one_order(order):
    with broken("shop_order_token_key"):
        copy("shop_order", order.pk, number="another", cart_id=None)


def test_a_cart_makes_one_order(order):
    with broken("shop_order_cart_id_key"):
        copy("shop_order", order.pk, number="another", token="another")


@pytest.mark.parametrize(
    ("refusal", "change"),
    [
        (broken("shop_orderline_quantity_positive"), "quantity = 0, charged = 0"),
        (broken("shop_orderline_charged_within_quantity"), "charged = quantity + 1"),
        (broken("shop_orderline_amounts"), "unit_net = -1"),
        (broken("shop_orderline_amounts"), "tax_rate = -1"),
        (broken("shop_orderline_amounts"), "net = -1, gross = -1 + tax"),
        (broken("shop_orderline_gross_is_net_plus_tax"), "gross = gross - 0.01"),
        (broken("shop_orderline_gross_as_typed"), "unit_gross = gross + 0.01"),
        (broken("shop_orderline_status_known"), "status = 'lost'"),
        (broken("shop_orderline_fulfilled_has_time"), "status = 'fulfilled'"),
    ],
)
def test_a_line_keeps_its_shape(order, refusal, change):
    with refusal:
        run(f"UPDATE shop_orderline SET {change} WHERE order_id = %s", order.pk)


def test_a_line_may_be_given_away_and_delivered(order):
    run(
        "UPDATE shop_orderline SET charged = 0, net = 0, tax = 0, gross = 0, status = 'fulfilled', fulfilled_at = now()"
    )


def test_a_position_is_one_line_of_an_order(order):
    with broken("shop_orderline_position_once"):
        copy("shop_orderline", order.lines.get().pk)


def test_a_unit_of_a_line_exists_once(order):
    with broken("shop_orderunit_index_once"):
        copy("shop_orderunit", order.lines.get().units.get().pk)


# Units given back


@pytest.fixture
def given_back(probe_entry) -> GivingBack:
    """Give the units 2 to 4 of a line of seven back."""
    line = place(make_cart(probe_entry, quantity=7)).lines.get()
    return GivingBack.objects.create(line=line, first_index=2, last_index=4, amount=30, why="refunded")


@pytest.mark.parametrize(
    ("refusal", "change"),
    [
        (broken("shop_givingback_in_order"), "first_index = 5"),
        (broken("shop_givingback_amount"), "amount = -0.01"),
        (broken("shop_givingback_why_known"), "why = 'unpaid', amount = 0"),
        (broken("shop_givingback_amount_only_of_a_refund"), "why = 'cancelled'"),
        (broken("shop_givingback_paid_back_whole"), "paid_back_at = now()"),
        (broken("shop_givingback_paid_back_whole"), "paid_back_reference = 'transfer 7'"),
        (broken("shop_givingback_paid_back_whole"), "paid_back_on = current_date, paid_back_at = now()"),
    ],
)
def test_what_was_given_back_keeps_its_shape(given_back, refusal, change):
    with refusal:
        run(f"UPDATE shop_givingback SET {change}")


@pytest.mark.parametrize(("first", "last"), [(2, 4), (3, 3), (0, 2), (4, 6), (0, 6), (2, 2)])
def test_a_unit_is_given_back_once(given_back, first, last):
    with broken("shop_givingback_unit_once"):
        copy("shop_givingback", given_back.pk, first_index=first, last_index=last)


@pytest.mark.parametrize(("first", "last"), [(0, 1), (5, 6), (1, 1)])
def test_other_units_of_a_line_may_be_given_back_as_well(given_back, first, last):
    copy("shop_givingback", given_back.pk, first_index=first, last_index=last)


def test_units_of_another_line_may_be_given_back_as_well(given_back, order):
    copy("shop_givingback", given_back.pk, line_id=order.lines.get().pk)


def test_units_without_money_may_be_written_by_what_knows_nothing_of_amounts(given_back):
    run("INSERT INTO shop_givingback (line_id, first_index, last_index) VALUES (%s, 5, 6)", given_back.line_id)
    made = GivingBack.objects.get(first_index=5)
    assert (made.amount, made.why, made.reason, made.actor) == (0, "cancelled", "", None)


# Payments


@pytest.fixture
def settlement(order) -> Settlement:
    """Pay an order twice; return its settlement by the first payment."""
    pay(order)
    pay(order, reference="second", event_id="second")
    return Settlement.objects.get()


@pytest.fixture
def second_payment(settlement) -> Payment:
    return Payment.objects.exclude(pk=settlement.payment_id).get()


def test_an_order_is_settled_once(settlement, second_payment):
    with broken("shop_settlement_order_id_key"):
        copy("shop_settlement", settlement.pk, payment_id=second_payment.pk)


def test_a_payment_settles_one_order(settlement, probe_entry):
    another = place(make_cart(probe_entry), email="other@example.org")
    with broken("shop_settlement_payment_id_key"):
        copy("shop_settlement", settlement.pk, order_id=another.pk)


def test_another_payment_settles_another_order(settlement, second_payment, probe_entry):
    another = place(make_cart(probe_entry), email="other@example.org")
    copy("shop_settlement", settlement.pk, order_id=another.pk, payment_id=second_payment.pk)


def test_a_reference_is_one_payment_of_its_provider(settlement):
    with broken("shop_payment_reference_once"):
        copy("shop_payment", settlement.payment_id)


def test_another_provider_may_use_the_reference(settlement):
    copy("shop_payment", settlement.payment_id, provider="another")


def test_a_payment_is_never_below_zero(settlement):
    with broken("shop_payment_amount"):
        run("UPDATE shop_payment SET amount = -0.01")


def test_a_payment_is_in_a_known_state(settlement):
    with broken("shop_payment_status_known"):
        run("UPDATE shop_payment SET status = 'lost'")


def test_a_provider_tells_an_event_once(settlement):
    with broken("shop_paymentevent_once"):
        copy("shop_paymentevent", PaymentEvent.objects.first().pk)


def test_an_event_is_of_a_known_kind(settlement):
    with broken("shop_paymentevent_kind_known"):
        run("UPDATE shop_paymentevent SET kind = 'lost'")


@pytest.mark.parametrize("kind", PaymentEvent.Kind.values)
def test_an_event_may_be_of_each_kind_there_is(settlement, kind):
    run("UPDATE shop_paymentevent SET kind = %s", kind)


# Payments resolved


@pytest.fixture
def handling(settlement) -> MoneyHandling:
    event = PaymentEvent.objects.needing_attention().get()
    return MoneyHandling.objects.create(event=event, handled_at=timezone.now(), handled_by=UserFactory())


def test_a_payment_is_resolved_by_one_at_a_time(handling):
    with broken("shop_moneyhandling_once"):
        copy("shop_moneyhandling", handling.pk)


def test_a_payment_may_be_resolved_again_once_reopened(handling):
    run("UPDATE shop_moneyhandling SET undone_at = handled_at, undone_by_id = handled_by_id")
    copy("shop_moneyhandling", handling.pk, undone_at=None, undone_by_id=None)


@pytest.mark.parametrize(
    "change",
    [
        "undone_at = handled_at",
        "undone_by_id = handled_by_id",
        "undone_by_id = handled_by_id, undone_at = handled_at - interval '1 second'",
    ],
)
def test_what_is_taken_back_says_by_whom_and_when(handling, change):
    with broken("shop_moneyhandling_undone_by_somebody_later"):
        run(f"UPDATE shop_moneyhandling SET {change}")


# The seller


def test_the_shop_has_one_identity():
    ShopIdentity.current()
    with broken("shop_identity_single_row"):
        run("UPDATE shop_shopidentity SET id = 2")


@pytest.mark.parametrize("column", ["immediate_minutes", "deferred_days", "undecided_minutes", "zero_total_hours"])
def test_an_unpaid_time_is_never_zero(column):
    ShopIdentity.current()
    with broken("shop_identity_unpaid_times_positive"):
        run(f"UPDATE shop_shopidentity SET {column} = 0")


def test_what_a_seller_was_is_kept_once(order):
    with broken("shop_frozenseller_fingerprint_key"):
        copy("shop_frozenseller", order.seller_id)


@pytest.fixture
def terms() -> LegalText:
    return LegalText.objects.create(kind="terms", version=1, body="x", published_at=timezone.now())


def test_a_version_of_a_text_exists_once(terms):
    with broken("shop_legaltext_kind_version"):
        copy("shop_legaltext", terms.pk)


def test_another_kind_of_text_has_versions_of_its_own(terms):
    copy("shop_legaltext", terms.pk, kind="privacy")


def test_versions_count_from_one(terms):
    with broken("shop_legaltext_version_positive"):
        run("UPDATE shop_legaltext SET version = 0")


def test_a_line_is_frozen_for_a_known_reason(order):
    with broken("shop_orderline_frozen_for"):
        run("UPDATE shop_orderline SET frozen_for = '{whim}'")


# Places of orders whose address nobody has proved


def test_a_paid_order_has_its_places(probe_entry):
    order = place(make_cart(probe_entry))
    pay(order)
    with broken("shop_order_paid_has_its_places"):
        run(f"UPDATE shop_order SET places_released_at = now() WHERE id = {order.pk}")


def test_a_colour_of_papers_is_a_colour():
    ShopIdentity.current()
    with broken("shop_identity_accent"):
        run("UPDATE shop_shopidentity SET accent = 'red'")


def test_no_more_than_a_course_is_kept_for_addresses_not_proved():
    ShopIdentity.current()
    with broken("shop_identity_unproved_share_percent"):
        run("UPDATE shop_shopidentity SET unproved_share = 101")
