"""Random ways of paying, promising, ending and reviving: what must hold holds after each step."""

from __future__ import annotations

import pytest

from accounts.members.models import CustomerAccount
from shop.orders.models import Order
from shop.postings.verifying import faults_of_books
from tests.factories.accounts import MembershipFactory
from tests.factories.shop import make_cart, place
from tests.shop.payments.requests.walk import LIMIT, STEPS, Walk

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("rule", Order.ReleaseRule.values)
def test_what_must_hold_holds_after_each_step(probe_entry, diary, seed, rule):
    member = MembershipFactory(is_owner=True)
    CustomerAccount.objects.filter(pk=member.account_id).update(credit_limit=LIMIT)
    order = place(make_cart(probe_entry, user=member.user), user=member.user, account=member.account)
    Order.objects.filter(pk=order.pk).update(release_rule=rule)
    order.refresh_from_db()
    walk, taken = Walk(order, seed), []
    for _step in range(STEPS):
        taken.append(walk.step())
        try:
            walk.check()
        except AssertionError as error:
            raise AssertionError(" → ".join(taken)) from error
    assert list(faults_of_books()) == []
