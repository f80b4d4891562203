"""Kind of the mail that asks those who buy for an account to buy more."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import pgettext_lazy

from accounts.members.trust import names_to_strangers
from common.defused import defused
from outbox.mails.kinds import Receiver, register_mail_kind
from outbox.mails.models import Mail


def with_page_to_buy(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the address of the page that fills the cart, for members with the right alone once they signed in, and the
    names and words as far as strangers may read them."""
    path = reverse("account-more", args=[mail.account_id, mail.context["entry_code"]])
    names = names_to_strangers(
        mail.account_id,
        account_name=defused(mail.context["account_name"]),
        person_name=defused(mail.context["operator_name"]),
    )
    return {
        "more_url": f"{settings.SITE_URL}{path}?{urlencode({'quantity': mail.context['quantity']})}",
        "account_name": names["account_name"],
        "operator_name": names["invited_by"],
        "words": defused(mail.context["words"]) if names["account_name"] else "",
    }


register_mail_kind(
    "buy_more_asked",
    template="more/mails/buy_more_asked",
    build=with_page_to_buy,
    receiver=Receiver.NAMED,
    as_is=("entry_name",),
    label=pgettext_lazy("kind of mail", "Wish of an operator for more seats"),
)
