from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from shop.orders.giving_back.owed import owed_for
from shop.orders.models import Order
from shop.payments.refunds.models import Refund
from shop.payments.refunds.sending import How, send_back
from shop.payments.transfers_back.accounts import keep_account
from shop.payments.transfers_back.models import TransferFile
from shop.payments.transfers_back.services import make_file
from shop.seller.models import ShopIdentity
from tests.shop.merchants import staff
from tests.shop.payments.refunds.conftest import bank as bank
from tests.shop.payments.refunds.conftest import give_back
from tests.shop.payments.refunds.conftest import order as order

IBAN = "DE89370400440532013000"


@pytest.fixture
def seller(db) -> ShopIdentity:
    shop = ShopIdentity.current()
    shop.name, shop.iban, shop.bic = "Académie & Cie", "FR14 2004 1010 0505 0001 3M02 606", "PSSTFRPPPAR"
    shop.save()
    return shop


def by_transfer(order: Order, holder: str = "Élodie Łukasz & fils") -> Refund:
    """Give one more unit of 12.00 back and ask for a transfer."""
    now = timezone.now()
    payee = keep_account(holder=holder, iban=IBAN, order=order, actor=None, now=now)
    owed = owed_for(order)
    send_back(order_id=order.pk, owed=owed, how=How.TRANSFER, payee=payee, actor=staff(), now=now)
    return Refund.objects.latest("pk")


@pytest.fixture
def refund(order, seller) -> Refund:
    assert give_back(order, 0) == Decimal("12.00")
    return by_transfer(order)


def put_into_file(*refunds: Refund) -> TransferFile:
    keys = [refund.pk for refund in refunds]
    return make_file(refund_ids=keys, execute_on=date(2030, 1, 2), actor=staff(), now=timezone.now())
