"""Form that takes a customer to the payment page, as the platform's guide "Hosted payment" describes it."""

from __future__ import annotations

from datetime import UTC

from django.conf import settings
from django.urls import reverse
from django.utils.http import int_to_base36

from common.currencies import in_minor_units
from shop.payments.port import Attempt
from shop.payments.providers.lyra.keys import Keys
from shop.payments.providers.lyra.reference import reference_of
from shop.payments.providers.lyra.signature import sign

# ISO 4217 numbers of the currencies that the platform takes, with minor units that agree with ours.
NUMBERS = {
    "AUD": "036", "BRL": "986", "CAD": "124", "CHF": "756", "CNY": "156", "CZK": "203", "DKK": "208", "EUR": "978",
    "GBP": "826", "HKD": "344", "HUF": "348", "INR": "356", "JPY": "392", "KRW": "410", "KWD": "414", "MAD": "504",
    "MXN": "484", "MYR": "458", "NOK": "578", "NZD": "554", "PHP": "608", "PLN": "985", "SEK": "752", "SGD": "702",
    "THB": "764", "TND": "788", "TRY": "949", "USD": "840", "XOF": "952", "XPF": "953", "ZAR": "710",
}  # fmt: skip
# Six digits or letters, of one case.
_TRANSACTION_NUMBERS = 36**6


def form_fields(attempt: Attempt, *, attempt_id: int, keys: Keys) -> dict[str, str]:
    """Return the signed fields for an attempt, always the same ones: posted twice, they make one transaction.

    The number of the transaction must be unique within the day of its date; the attempt's own number is.
    """
    fields = {
        "vads_action_mode": "INTERACTIVE",
        "vads_amount": str(in_minor_units(attempt.amount, attempt.currency)),
        "vads_capture_delay": "0",
        "vads_ctx_mode": keys.mode,
        "vads_currency": NUMBERS[attempt.currency],
        "vads_cust_email": attempt.email,
        "vads_ext_info_key": attempt.key,
        "vads_language": attempt.language,
        "vads_order_id": reference_of(attempt).order_id,
        "vads_order_info": attempt.title,
        "vads_page_action": "PAYMENT",
        "vads_payment_config": "SINGLE",
        "vads_site_id": keys.site_id,
        "vads_trans_date": attempt.begun_at.astimezone(UTC).strftime("%Y%m%d%H%M%S"),
        "vads_trans_id": int_to_base36(attempt_id % _TRANSACTION_NUMBERS).zfill(6),
        "vads_url_cancel": attempt.cancel_url,
        "vads_url_check": settings.SITE_URL + reverse("payment-webhook", args=["lyra"]),
        "vads_url_return": attempt.return_url,
        "vads_validation_mode": "0",
        "vads_version": "V2",
    }
    signed = {name: value for name, value in fields.items() if value}
    return signed | {"signature": sign(signed.items(), keys.form_key)}
