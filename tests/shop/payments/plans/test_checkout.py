"""A plan of payment chosen while ordering: shown, frozen, and asked for part by part."""

from datetime import timedelta
from decimal import Decimal

import pytest

from common.moments import local_day
from shop.checkout.errors import CheckoutRefused, TotalChanged
from shop.checkout.place import Consent
from shop.orders.models import Order
from shop.payments.plans.models import PaymentPlan
from shop.payments.requests.asked import asked_of
from tests.factories.shop import make_cart, pay, place, shown_now
from tests.shop.steps import put_in_cart, review_form, type_details

pytestmark = pytest.mark.django_db
REVIEW = "/checkout/review/"


@pytest.fixture
def plan(db) -> PaymentPlan:
    return PaymentPlan.objects.create(deposit_percent=30, instalments=2)


def asked(order: Order) -> list[tuple[str, int | None]]:
    today = local_day(order.placed_at)
    return [
        (str(each.asks), (each.request.due_on - today).days if each.request.due_on else None)
        for each in asked_of(order)
    ]


class TestPlaced:
    def test_fixes_the_parts_and_the_rule(self, probe_entry, plan):
        order = place(make_cart(probe_entry), consent=Consent(None, plan_id=plan.pk))
        assert asked(order) == [("36.00", None), ("42.00", 30), ("42.00", 60)]
        assert order.release_rule == Order.ReleaseRule.FIRST
        PaymentPlan.objects.update(release_rule="all", deposit_percent=0)
        pay(order, amount=Decimal(36))
        order.refresh_from_db()
        assert order.status == Order.Status.PAID

    def test_waits_until_two_weeks_after_what_its_release_needs(self, probe_entry, plan):
        PaymentPlan.objects.update(release_rule="all")
        order = place(make_cart(probe_entry), consent=Consent(None, plan_id=plan.pk))
        assert local_day(order.expires_at) == local_day(order.placed_at) + timedelta(days=60 + 14)
        PaymentPlan.objects.update(release_rule="first")
        other = place(make_cart(probe_entry), consent=Consent(None, plan_id=plan.pk))
        assert other.expires_at - other.placed_at == timedelta(hours=1)

    def test_without_a_choice_the_total_is_asked_at_once(self, probe_entry, plan):
        order = place(make_cart(probe_entry))
        assert asked(order) == [("120.00", None)]
        assert order.release_rule == Order.ReleaseRule.ALL

    @pytest.mark.parametrize("change", [{"is_offered": False}, {"for_companies": False, "for_persons": True}])
    def test_one_that_is_not_offered_is_refused(self, probe_entry, plan, change):
        PaymentPlan.objects.update(**change)
        with pytest.raises(CheckoutRefused):
            place(make_cart(probe_entry), consent=Consent(None, plan_id=plan.pk))
        assert not Order.objects.exists()

    @pytest.mark.parametrize("change", [{"deposit_percent": 40}, {"release_rule": "all"}, {"is_offered": False}])
    def test_one_that_has_changed_since_it_was_shown_is_refused(self, probe_entry, plan, change):
        cart = make_cart(probe_entry)
        shown = shown_now(cart)
        PaymentPlan.objects.update(**change)
        with pytest.raises(TotalChanged):
            place(cart, shown=shown, consent=Consent(None, plan_id=plan.pk))
        assert not Order.objects.exists()


class TestPages:
    @pytest.fixture
    def at_review(self, visitor, probe_entry, plan):
        put_in_cart(visitor, probe_entry)
        type_details(visitor)
        return visitor

    def test_the_review_offers_plans_in_words(self, at_review):
        page = at_review.get(REVIEW).content.decode()
        assert "€36.00 at once, €42.00 by" in page
        assert "We deliver once the first part is paid." in page

    def test_without_plans_nothing_is_asked(self, at_review):
        PaymentPlan.objects.update(is_offered=False)
        assert 'name="plan"' not in at_review.get(REVIEW).content.decode()

    def test_a_chosen_plan_is_ordered_and_its_first_part_paid(self, at_review, plan):
        answer = at_review.post(REVIEW, review_form(at_review.get(REVIEW).context) | {"plan": plan.pk})
        order = Order.objects.get()
        assert answer.url == f"/orders/{order.token}/"
        page = at_review.get(answer.url).content.decode()
        assert "€36.00" in page
        assert "€120.00</span>" not in page
        bank = at_review.post(f"/orders/{order.token}/pay/", {"method": "sandbox"}).url
        assert "€36.00" in at_review.get(bank).content.decode()
        at_review.post(bank, {"choice": "succeed"})
        order.refresh_from_db()
        assert order.status == Order.Status.PAID
        assert "Pay €" not in at_review.get(answer.url).content.decode() or "€42.00" in page

    @pytest.mark.parametrize("posted", ["0", "999999", "x"])
    def test_another_is_refused(self, at_review, posted):
        answer = at_review.post(REVIEW, review_form(at_review.get(REVIEW).context) | {"plan": posted})
        assert answer.status_code == 200
        assert not Order.objects.exists()

    def test_a_change_is_told_and_the_choice_kept(self, at_review, plan):
        typed = review_form(at_review.get(REVIEW).context) | {"plan": plan.pk}
        PaymentPlan.objects.update(deposit_percent=50)
        page = at_review.post(REVIEW, typed).content.decode()
        assert "The ways to pay in parts have changed: see below." in page
        assert f'value="{plan.pk}" id="id_plan_1" checked' in page.replace(" required", "")
        assert not Order.objects.exists()
