"""A refund is sent once, whatever breaks between the provider and us."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from outbox.errors import ServiceAway
from shop.payments.port import RefundState
from shop.payments.refunds.following import follow
from shop.payments.refunds.models import Refund
from tests.shop.payments.refunds.bank import SILENT
from tests.shop.payments.refunds.conftest import give_back, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def refund(order) -> Refund:
    give_back(order, 0)
    send(order)
    return Refund.objects.get()


def test_a_call_that_was_not_noted_is_made_again_with_its_key(refund, bank):
    bank.fails = RuntimeError("killed")
    with pytest.raises(RuntimeError):
        follow(refund_id=refund.pk, now=timezone.now())
    refund.refresh_from_db()
    assert refund.state == "asked"

    follow(refund_id=refund.pk, now=timezone.now())

    refund.refresh_from_db()
    assert refund.state == "done"
    assert list(bank.sums.values()) == [Decimal("12.00")]


def test_a_call_that_never_came_is_made(refund, bank):
    later = timezone.now() + timedelta(hours=13)
    follow(refund_id=refund.pk, now=later)
    assert bank.calls == ["find", "refund"]
    assert list(bank.sums.values()) == [Decimal("12.00")]


def test_a_key_that_may_be_forgotten_is_looked_up_first(refund, bank):
    bank.fails = RuntimeError("killed")
    with pytest.raises(RuntimeError):
        follow(refund_id=refund.pk, now=timezone.now())
    bank.forgets_keys = True

    follow(refund_id=refund.pk, now=timezone.now() + timedelta(hours=13))

    refund.refresh_from_db()
    assert refund.state == "done"
    assert list(bank.sums.values()) == [Decimal("12.00")]


def test_a_silent_provider_is_asked_later(refund, bank):
    bank.fails = SILENT
    with pytest.raises(ServiceAway):
        follow(refund_id=refund.pk, now=timezone.now())
    refund.refresh_from_db()
    assert refund.state == "asked"


def test_one_that_is_over_is_asked_about_no_more(refund, bank):
    follow(refund_id=refund.pk, now=timezone.now())
    bank.state = RefundState.FAILED
    follow(refund_id=refund.pk, now=timezone.now())
    assert bank.calls == ["refund"]
