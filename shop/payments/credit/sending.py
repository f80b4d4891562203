"""Credit of an account sent back by transfer."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from common.again import again_after_deadlock
from common.refusals import Refused
from shop.payments.credit.selectors import credit_of
from shop.payments.on_account.services import lock_account
from shop.payments.refunds.models import Refund
from shop.payments.refunds.sending import check_transfer
from shop.payments.transfers_back.models import PayeeAccount
from shop.postings import services as postings


class CreditDiffers(Refused):
    """Refusal of more than the account's credit."""

    field = "amount"
    message = _("The account has less credit than that, or it has changed meanwhile. Look at it again.")


@again_after_deadlock
@transaction.atomic
def send_credit_back(
    *, account_id: int, amount: Decimal, currency: str, payee: PayeeAccount, actor: User, now: datetime
) -> Refund:
    """Send a part of an account's credit, or all of it, back by transfer: credit no more from now on, unless the
    transfer fails. Locks the account. Raises CreditDiffers and NoTransfer."""
    check_transfer(payee, currency)
    lock_account(account_id)
    if not 0 < amount <= credit_of(account_id, currency):
        raise CreditDiffers
    refund = Refund.objects.create(
        account_id=account_id,
        way=Refund.Way.TRANSFER,
        payee=payee,
        amount=amount,
        currency=currency,
        asked_at=now,
        asked_by=actor,
    )
    postings.post_credit_sent(refund)
    return refund
