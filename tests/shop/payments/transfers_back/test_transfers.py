"""Money that goes back by transfer: typed, put into a file, given to the bank, followed to its end."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone
from lxml import etree

from billing.ledger.selectors import balances_of_order
from outbox.mails.models import Mail
from shop.orders.giving_back.owed import owed_for
from shop.payments.credit.selectors import credit_of
from shop.payments.refunds.models import Refund
from shop.payments.refunds.sending import How, NoAccountYet, NoTransfer, send_back
from shop.payments.transfers_back.models import PayeeAccount
from shop.payments.transfers_back.selectors import transfers_like, transfers_to_send, transfers_under_way
from shop.payments.transfers_back.sepa import end_to_end_of
from shop.payments.transfers_back.services import (
    FileClosed,
    InAFile,
    NoBankAccount,
    NothingToTransfer,
    NotUnderWay,
    content_of,
    discard_file,
    make_file,
    mark_sent,
    note_arrived,
    note_came_back,
)
from shop.postings.verifying import faults_of_books
from shop.seller.models import ShopIdentity
from tests.factories.accounts import UserFactory
from tests.shop.merchants import staff
from tests.shop.payments.refunds.conftest import give_back
from tests.shop.payments.transfers_back.conftest import IBAN, by_transfer, put_into_file

pytestmark = pytest.mark.django_db
NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


def sums(order) -> dict[str, int]:
    return {account.value: units for account, units in balances_of_order(order.pk).items() if units}


def sent(file) -> int:
    return mark_sent(file_id=file.pk, actor=staff(), now=timezone.now())


def test_a_transfer_is_followed_to_its_end(order, refund):
    assert (refund.state, refund.way, refund.payee.masked) == ("asked", "transfer", "•••• 3000")
    assert owed_for(order) == 0
    assert list(transfers_to_send()) == [refund]

    file = put_into_file(refund)
    assert sent(file) == 1
    refund.refresh_from_db()
    assert refund.state == "pending"
    assert sums(order) == {"to_be_invoiced": -2400, "in_transit": 3600, "refunds_sent": -1200}
    assert Mail.objects.get(kind="refund_sent").recipient == "alice@example.org"

    note_arrived(refund_id=refund.pk, now=timezone.now())
    note_arrived(refund_id=refund.pk, now=timezone.now())
    refund.refresh_from_db()
    assert refund.state == "done"
    assert sums(order) == {"to_be_invoiced": -2400, "in_transit": 3600, "bank": -1200}
    assert Mail.objects.filter(kind="refund_sent").count() == 1
    assert list(faults_of_books()) == []


def test_one_that_came_back_is_owed_again(order, refund):
    sent(put_into_file(refund))
    note_arrived(refund_id=refund.pk, now=timezone.now())

    note_came_back(refund_id=refund.pk, now=timezone.now())

    refund.refresh_from_db()
    assert (refund.state, refund.problem) == ("failed", "came_back")
    assert owed_for(order) == 12
    assert list(Refund.objects.needing_attention()) == [refund]
    assert sums(order) == {"to_be_invoiced": -2400, "in_transit": 3600, "refunds_owed": -1200}
    assert set(Mail.objects.values_list("kind", flat=True)) >= {"refund_failed", "refund_failed_sales"}
    assert list(faults_of_books()) == []
    with pytest.raises(NotUnderWay):
        note_came_back(refund_id=refund.pk, now=timezone.now())


def test_one_that_nobody_put_into_a_file_is_called_off(order, refund):
    note_came_back(refund_id=refund.pk, now=timezone.now())

    assert owed_for(order) == 12
    assert not Mail.objects.filter(kind="refund_failed").exists()


def test_one_in_a_file_is_not_called_off_unseen(order, refund):
    put_into_file(refund)
    with pytest.raises(InAFile):
        note_came_back(refund_id=refund.pk, now=timezone.now())


def test_the_file_holds_each_transfer_and_is_always_alike(order, refund):
    give_back(order, 1)
    second = by_transfer(order)
    file = put_into_file(refund, second)

    content = content_of(file)

    assert content == content_of(file)
    root = etree.fromstring(content)
    assert root.xpath("string(//p:GrpHdr/p:MsgId)", namespaces=NS) == file.message_id
    assert root.xpath("string(//p:GrpHdr/p:CtrlSum)", namespaces=NS) == "24.00"
    assert root.xpath("string(//p:ReqdExctnDt/p:Dt)", namespaces=NS) == "2030-01-02"
    assert root.xpath("//p:Cdtr/p:Nm/text()", namespaces=NS) == ["Elodie Lukasz & fils"] * 2
    assert root.xpath("//p:CdtrAcct/p:Id/p:IBAN/text()", namespaces=NS) == [IBAN] * 2
    assert root.xpath("//p:EndToEndId/text()", namespaces=NS) == [end_to_end_of(refund), end_to_end_of(second)]


def test_a_file_without_the_shops_bic_names_no_bank(refund, seller):
    seller.bic = ""
    seller.save()
    root = etree.fromstring(content_of(put_into_file(refund)))
    assert root.xpath("string(//p:DbtrAgt//p:Othr/p:Id)", namespaces=NS) == "NOTPROVIDED"


def test_no_transfer_stands_in_two_files(refund):
    put_into_file(refund)
    with pytest.raises(NothingToTransfer):
        put_into_file(refund)


def test_a_discarded_file_lets_its_refunds_go_into_another(refund):
    file = put_into_file(refund)
    discard_file(file_id=file.pk, now=timezone.now())

    with pytest.raises(FileClosed):
        sent(file)
    with pytest.raises(FileClosed):
        content_of(file)
    assert sent(put_into_file(refund)) == 1


def test_a_file_is_given_to_the_bank_once(refund):
    file = put_into_file(refund)
    sent(file)
    with pytest.raises(FileClosed):
        sent(file)
    with pytest.raises(FileClosed):
        discard_file(file_id=file.pk, now=timezone.now())


def test_without_the_shops_account_there_is_no_file(refund):
    ShopIdentity.objects.update(iban="")
    with pytest.raises(NoBankAccount):
        put_into_file(refund)


def test_a_refund_by_a_provider_never_goes_into_a_file(order, refund):
    Refund.objects.update(way="provider", payee=None)
    with pytest.raises(NothingToTransfer):
        make_file(refund_ids=[refund.pk], execute_on=timezone.now().date(), actor=staff(), now=timezone.now())


def test_a_line_of_a_statement_finds_its_transfer(order, refund):
    give_back(order, 1)
    second = by_transfer(order)
    sent(put_into_file(refund, second))
    named = f"VIR SEPA {end_to_end_of(second)} REMBOURSEMENT"

    def found(text: str, amount: str = "12.00") -> list[Refund]:
        return transfers_like(text=text, amount=Decimal(amount), currency="EUR")

    assert found(named) == [second]
    assert found("VIR SEPA") == [refund, second]
    assert found(named, "11.00") == []
    note_arrived(refund_id=second.pk, now=timezone.now())
    assert list(transfers_under_way()) == [refund]


def test_a_transfer_needs_a_bank_account(order):
    give_back(order, 0)
    with pytest.raises(NoTransfer):
        send_back(order_id=order.pk, owed=Decimal(12), how=How.TRANSFER, actor=staff(), now=timezone.now())


def test_no_more_goes_back_by_transfer_than_was_paid(order, refund):
    give_back(order, 1, 2)
    now = timezone.now()
    send_back(order_id=order.pk, owed=Decimal(24), actor=staff(), now=now)
    assert sum(Refund.objects.values_list("amount", flat=True)) == order.gross


def test_the_iban_is_stored_encrypted(refund):
    stored = PayeeAccount.objects.values_list("secrets", "ends_with").get()
    assert IBAN not in str(stored)
    assert "Łukasz" not in str(stored)
    assert (refund.payee.iban, refund.payee.holder) == (IBAN, "Élodie Łukasz & fils")


def test_as_credit_it_stays_in_the_account(order):
    type(order).objects.filter(pk=order.pk).update(claimed_at=timezone.now(), buyer=UserFactory())
    give_back(order, 0, 1, 2)
    now = timezone.now()

    send_back(order_id=order.pk, owed=Decimal(36), how=How.CREDIT, actor=staff(), now=now)

    assert credit_of(order.account_id, "EUR") == 36
    order.refresh_from_db()
    assert order.status == "refunded"
    assert sums(order) == {"in_transit": 3600}
    assert Mail.objects.filter(kind="refund_sent").count() == 1
    assert list(faults_of_books()) == []


def test_nobody_has_the_credit_of_an_unclaimed_order(order):
    give_back(order, 0)
    with pytest.raises(NoAccountYet):
        send_back(order_id=order.pk, owed=Decimal(12), how=How.CREDIT, actor=staff(), now=timezone.now())
