"""Reasons for which a refund failed, in words. Providers tell them as codes; an unknown one stays as it is."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_WORDS: Mapping[str, Promise] = {
    "account_closed": _("the account is closed"),
    "declined": _("the customer’s bank refused it"),
    "expired_or_canceled_card": _("the card has expired or was cancelled"),
    "insufficient_funds": _("too little money of yours stands at the provider"),
    "lost_or_stolen_card": _("the card was lost or stolen"),
    "no_refunds": _("this payment method sends nothing back"),
}


def problem_in_words(code: str) -> str:
    return str(_WORDS.get(code, code))
