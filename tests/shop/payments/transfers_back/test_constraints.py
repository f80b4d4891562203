"""Rules of transfers that the database keeps, tried by raw SQL."""

from __future__ import annotations

import pytest

from shop.payments.transfers_back.models import TransferFile
from tests.constraints import broken, run
from tests.shop.payments.transfers_back.conftest import put_into_file

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "change",
    [
        "payee_id = NULL",
        "way = 'outside', file_id = NULL",
        "way = 'credit', file_id = NULL",
        "way = 'outside', payee_id = NULL",
    ],
)
def test_a_transfer_has_its_bank_account_and_nothing_else_has(refund, change):
    put_into_file(refund)
    with broken("shop_refund_transfer_has_payee"):
        run(f"UPDATE shop_refund SET {change}")


@pytest.mark.parametrize("change", ["ends_with = ''", "secrets = '{}'", "ends_with = '30'"])
def test_a_bank_account_is_whole_or_blank(refund, change):
    with broken("shop_payeeaccount_whole_or_blank"):
        run(f"UPDATE shop_payeeaccount SET {change}")


@pytest.mark.parametrize(
    "change",
    [
        "sent_at = now()",
        "sent_by_id = made_by_id",
        "sent_at = made_at - interval '1 day', sent_by_id = made_by_id",
        "sent_at = now(), sent_by_id = made_by_id, discarded_at = now()",
    ],
)
def test_a_file_is_sent_by_somebody_or_discarded(refund, change):
    put_into_file(refund)
    with broken("shop_transferfile_sent_or_discarded"):
        run(f"UPDATE shop_transferfile SET {change}")


def test_a_message_is_named_once(refund):
    file = put_into_file(refund)
    TransferFile.objects.create(message_id="M2", made_at=file.made_at, made_by=file.made_by, execute_on=file.execute_on)
    with broken("shop_transferfile_message_once"):
        run(f"UPDATE shop_transferfile SET message_id = '{file.message_id}'")
