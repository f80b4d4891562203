"""Payment page of the Lyra platforms, as the shop's port requires."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.payments.port import (
    Attempt,
    Connection,
    Forged,
    Message,
    Notice,
    NotificationRefused,
    Provider,
    ProviderEvent,
    RefundAnswer,
    Started,
)
from shop.payments.providers.lyra import events, refunds
from shop.payments.providers.lyra.client import call, configured
from shop.payments.providers.lyra.form import NUMBERS
from shop.payments.providers.lyra.keys import OTHER_BRAND, PRODUCTION, LyraSettings, keys
from shop.payments.providers.lyra.reference import read_reference, reference_of
from shop.payments.providers.lyra.signature import read_signed

_TRANSACTION = re.compile("[0-9a-f]{32}")


class LyraProvider(Provider):
    name = "lyra"
    label = _("Card")
    summary = _("You pay by card on the bank's page and come back here.")
    is_immediate = True
    urlconf = "shop.payments.providers.lyra.urls"
    settings_form = LyraSettings
    has_page = True
    refunds = True
    partial_refunds = True
    currencies = frozenset(NUMBERS)

    def brand(self) -> str:
        found = keys()
        return found.brand if found else OTHER_BRAND

    def sites(self) -> Sequence[str]:
        found = keys()
        return (found.page_origin,) if found else ()

    def start(self, attempt: Attempt) -> Started:
        """Return our page that posts the customer to the platform, which hears of the payment from them alone."""
        configured()
        reference = reference_of(attempt)
        page = reverse("lyra-pay", args=[UUID(attempt.key)])
        return Started(reference.order_id, page, reference.open_until)

    def find(self, attempt: Attempt) -> Started | None:
        return self.start(attempt)

    def verify(self, message: Message) -> Notice | None:
        """Return the payment that a message names: of its content only the names are believed."""
        found = keys()
        if found is None:
            raise Forged
        told = read_signed(message.body, found.form_key)
        if told.get("vads_site_id") != found.site_id or told.get("vads_ctx_mode") != found.mode:
            return None
        reference, transaction = told.get("vads_order_id", ""), told.get("vads_trans_uuid", "")
        try:
            read_reference(reference)
        except NotificationRefused:
            return None  # of another program of the merchant's
        if transaction and not _TRANSACTION.fullmatch(transaction):
            raise NotificationRefused("vads_trans_uuid")
        status = told.get("vads_trans_status", "")[:40]
        return Notice(
            reference=f"{reference}:{transaction}" if transaction else reference,
            event_id=f"{transaction}:{status}",
            payload={"status": status, "transaction": transaction, "source": told.get("vads_url_check_src", "")[:40]},
        )

    def fetch(self, notice: Notice, *, now: datetime) -> ProviderEvent | None:
        return events.fetch(notice, now=now)

    def refund(self, *, reference: str, amount: Decimal, currency: str, key: str) -> RefundAnswer:
        return refunds.refund(reference=reference, amount=amount, currency=currency, key=key, now=timezone.now())

    def fetch_refund(self, reference: str) -> RefundAnswer:
        return refunds.fetch_refund(reference)

    def find_refund(self, *, reference: str, key: str) -> RefundAnswer | None:
        return refunds.find_refund(reference=reference, key=key)

    def check_connection(self) -> Connection:
        """Ask the platform whether it knows the keys; it tells no name but the shop's number."""
        call("Charge/SDKTest", {"value": "amphi"})
        found = configured()
        return Connection(found.site_id, found.mode != PRODUCTION)


provider = LyraProvider()
