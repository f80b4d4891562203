"""Mail of an operator who may not buy to those who may."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_at_desk
from accounts.members.rights import buyers_of
from accounts.people.models import User
from common.languages import in_reader_language
from common.moments import local_day
from common.refusals import Refused
from outbox.mails.services import NewMail, queue_mails
from shop.more.bought import Bought

TOLD_AT_MOST = 20


class NobodyBuys(Refused):
    """Refusal when nobody in the account may buy for it, or the operator may not ask for it (any more)."""

    message = _("Nobody in your account can buy for it at the moment. Ask an owner of the account.")


def ask_buyers(
    *, account: CustomerAccount, bought: Bought, quantity: int, words: str, operator: User, language: str, now: datetime
) -> int:
    """Mail the account's owners and buyers that an operator would like more of an entry; return how many are mailed.

    A wish asked again within a day is mailed once. Locks the account (FOR KEY SHARE) and the operator's membership (FOR
    SHARE). Raises NobodyBuys.
    """
    with transaction.atomic():
        if keep_at_desk(account_id=account.pk, user=operator) is None:
            raise NobodyBuys
        buyers = list(buyers_of(account).exclude(pk=operator.pk)[:TOLD_AT_MOST])
        if not buyers:
            raise NobodyBuys
        wish = f"{bought.code}\0{quantity}\0{words}\0{local_day(now)}"
        occasion = salted_hmac("shop.more", wish, algorithm="sha256").hexdigest()[:32]
        queue_mails(
            [
                NewMail(
                    kind="buy_more_asked",
                    key=f"buy_more:{account.pk}:{operator.pk}:{occasion}:{buyer.pk}",
                    recipient=buyer.email,
                    language=buyer.language or language,
                    context={
                        "entry_code": bought.code,
                        "entry_name": _name_in(buyer.language or language, bought),
                        "quantity": quantity,
                        "words": words,
                        "operator_name": operator.get_full_name(),
                        "account_name": account.name,
                    },
                    account_id=account.pk,
                )
                for buyer in buyers
            ]
        )
    return len(buyers)


def _name_in(language: str, bought: Bought) -> str:
    with translation.override(language or settings.LANGUAGE_CODE):
        return in_reader_language(bought.name)
