"""Plans of payment offered for a cart, by buyer, entries, total and day, and their words."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from accounts.members.models import Buyer
from common.moments import local_day
from shop.checkout.buyers import rules_for
from shop.payments.plans.models import PaymentPlan
from shop.payments.plans.selectors import allows, parts_of_plan, plans_for, seller_and_plans
from shop.payments.plans.wording import parts_in_words, release_in_words
from shop.payments.requests.planning import Part
from tests.constraints import broken, run
from tests.factories.catalog import EntryFactory

DAY = date(2031, 3, 1)


def plan(**changes) -> PaymentPlan:
    return PaymentPlan(**{"deposit_percent": 30, "instalments": 3} | changes)


def parts(total="120", **changes) -> list[Part]:
    return parts_of_plan(plan(**changes), Decimal(total), "EUR", today=DAY)


def days(found: list[Part]) -> list[int | None]:
    return [(part.due_on - DAY).days if part.due_on else None for part in found]


def test_days_count_from_the_order():
    assert days(parts()) == [None, 30, 60, 90]
    assert days(parts(deposit_days=15, first_days=45, days_between=10)) == [15, 45, 55, 65]
    assert days(parts(deposit_percent=0, instalments=1)) == [30]


def test_a_named_day_stands_for_the_first_instalment_until_it_has_passed():
    assert days(parts(first_on=DAY + timedelta(days=7))) == [None, 7, 37, 67]
    assert parts(first_on=DAY - timedelta(days=1)) == []


def test_the_last_part_takes_the_cents_and_a_total_too_small_has_no_parts():
    assert [str(part.amount) for part in parts("100", deposit_percent=0)] == ["33.33", "33.33", "33.34"]
    assert parts("0.02") == []


@pytest.mark.parametrize(
    ("found", "is_allowed"),
    [
        ([(30, 15), (70, 40)], True),
        ([(31, 15), (69, 40)], False),
        ([(30, 14), (70, 40)], False),
        ([(30, None), (70, 40)], False),
    ],
)
def test_of_vocational_training_nothing_is_asked_of_a_person_before_the_delay_is_over(found, is_allowed):
    rules = rules_for(Buyer.PERSON, is_vocational=True)
    asked = [Part(Decimal(amount), DAY + timedelta(days=due) if due else None) for amount, due in found]
    assert allows(rules, asked, today=DAY) is is_allowed
    assert allows(rules_for(Buyer.COMPANY, is_vocational=True), asked, today=DAY)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "€300.00 at once, 10 parts of €70.00 from 31 March 2031 to 26 December 2031"),
        ("fr", "300,00\xa0€ tout de suite, 10 parts de 70,00\xa0€ du 31 mars 2031 au 26 décembre 2031"),
    ],
)
def test_many_parts_are_told_by_their_first_and_last_day(language, told):
    with override(language):
        assert parts_in_words(parts("1000", instalments=10), "EUR") == told


def test_few_parts_are_told_one_by_one_and_the_last_amount_if_it_differs():
    with override("en"):
        assert parts_in_words(parts(instalments=1), "EUR") == "€36.00 at once, €84.00 by 31 March 2031"
        many = parts_in_words(parts("100", deposit_percent=0, instalments=6), "EUR")
        assert many.startswith("6 parts of €16.66 from")
        assert many.endswith(", the last of €16.70")
        assert release_in_words("first") == "We deliver once the first part is paid."
        assert release_in_words("all") == "We deliver once everything is paid."


@pytest.mark.django_db
class TestOffered:
    def offered(self, *entries, buyer=Buyer.COMPANY, total="120", currency="EUR"):
        today = local_day(timezone.now())
        told = {"total": Decimal(total), "currency": currency, "today": today}
        return [one.key for one in plans_for(entries=entries, buyer=buyer, **told)]

    @pytest.mark.parametrize(
        ("column", "buyer"),
        [("for_companies", Buyer.COMPANY), ("for_public_bodies", Buyer.PUBLIC), ("for_persons", Buyer.PERSON)],
    )
    def test_to_the_kinds_of_buyers_it_names(self, column, buyer):
        entry = EntryFactory(vocational="no")
        one = PaymentPlan.objects.create(**{"for_companies": False, column: True})
        assert {kind: self.offered(entry, buyer=kind) for kind in Buyer} == {
            kind: [one.pk] if kind == buyer else [] for kind in Buyer
        }

    def test_of_vocational_training_by_the_rules_for_persons(self):
        PaymentPlan.objects.create(for_persons=True)
        later = PaymentPlan.objects.create(for_persons=True, deposit_days=15)
        assert self.offered(EntryFactory(vocational="yes"), buyer=Buyer.PERSON) == [later.pk]

    def test_for_carts_that_hold_none_but_its_entries(self):
        one, other = EntryFactory(), EntryFactory()
        bound = PaymentPlan.objects.create()
        bound.entries.add(one)
        assert self.offered(one) == [bound.pk]
        assert self.offered(other) == self.offered(one, other) == []

    def test_from_its_total_in_the_shops_currency_and_while_it_is_offered(self):
        one = PaymentPlan.objects.create(least_total=Decimal(100))
        assert self.offered(EntryFactory(), total="100") == [one.pk]
        assert self.offered(EntryFactory(), total="99.99") == []
        assert self.offered(EntryFactory(), total="0") == []
        assert self.offered(EntryFactory(), currency="USD") == []
        PaymentPlan.objects.update(is_offered=False)
        assert self.offered(EntryFactory()) == []
        assert not seller_and_plans()[1]

    def test_whatever_their_number_by_two_queries(self):
        entry = EntryFactory()
        for _index in range(5):
            PaymentPlan.objects.create().entries.add(entry)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert len(self.offered(entry)) == 5
        assert len(captured) == 2


def change_plan(change: str) -> None:
    PaymentPlan.objects.create()
    run(f"UPDATE shop_paymentplan SET {change}")


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["deposit_percent = 100", "days_between = 0", "first_days = 731"])
def test_a_plan_has_a_deposit_below_the_whole_and_days_within_two_years(change):
    with broken("shop_paymentplan_days"):
        change_plan(change)


@pytest.mark.django_db
@pytest.mark.parametrize("number", [0, 25])
def test_a_plan_has_between_1_and_24_instalments(number):
    with broken("shop_paymentplan_instalments"):
        change_plan(f"instalments = {number}")


@pytest.mark.django_db
def test_a_plan_has_a_release_rule_that_is_known():
    with broken("shop_paymentplan_release_rule_known"):
        change_plan("release_rule = 'never'")


@pytest.mark.django_db
def test_a_plan_is_offered_from_a_total_of_zero_or_more():
    with broken("shop_paymentplan_least_total"):
        change_plan("least_total = -1")


@pytest.mark.django_db
def test_a_plan_is_for_somebody():
    with broken("shop_paymentplan_for_somebody"):
        change_plan("for_companies = false")
