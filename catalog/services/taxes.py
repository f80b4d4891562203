"""Writing of tax codes and their rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from billing.taxes.kinds import TAXED, TaxKind
from catalog.models.taxes import Tax, TaxRate
from common.refusals import Refused


class RateRefused(Refused):
    """Refusal of a rate, or of the day from which it is to hold."""

    field = "rate"


@transaction.atomic
def save_tax(*, tax: Tax, rate: Decimal, today: date, since: date | None = None) -> Tax:
    """Write a tax code, with a rate that holds from a day on, today if none is given. The days before keep their rate;
    rates set for later days go. A new code has its rate for ever.

    A code that is still to be decided may have any rate; of the others a standard or reduced one is above 0, the rest
    is 0 whatever was given. Locks the code. Raises RateRefused.
    """
    is_new, since = tax.pk is None, since or today
    if since < today:
        raise RateRefused(_("A rate begins today or later: what was sold before keeps its own."), field="since")
    if tax.kind not in (*TAXED, TaxKind.UNDECIDED):
        rate, since = Decimal(0), today
    elif tax.kind in TAXED and not rate:
        raise RateRefused(_("A standard or reduced rate is above 0. For no tax choose another kind."))
    if not is_new:
        Tax.objects.select_for_update(no_key=True).get(pk=tax.pk)
    if is_new or since == today:
        tax.rate = rate
    tax.save()
    _set_rate(tax, rate, None if is_new else since)
    tax.refresh_from_db(fields=["rate", "rates"])
    return tax


def _set_rate(tax: Tax, rate: Decimal, since: date | None) -> None:
    found = list(tax.rates_in_time.all())
    if since is not None and not found:
        # A code that the previous release wrote.
        TaxRate.objects.create(tax=tax, rate=tax.rate, days=DateRange(None, since))
    for row in found:
        if row.days.lower is not None and since is not None and row.days.lower >= since:
            row.delete()
        elif row.days.upper is None or (since is not None and row.days.upper > since):
            if row.rate == rate:
                row.days = DateRange(row.days.lower, None)
                row.save(update_fields=["days"])
                return
            row.days = DateRange(row.days.lower, since)
            row.save(update_fields=["days"])
    TaxRate.objects.create(tax=tax, rate=rate, days=DateRange(since, None))
