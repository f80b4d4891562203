"""Terms on which an account may cancel units of an entry that nobody has used: until when, and for how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.pricing import round_money
from common.templatetags.money import money, percent


class HasTerms(Protocol):
    """Entry, with the columns of its terms."""

    cancel_days_after: Any
    cancel_days_before: Any
    cancel_share_kept: Any
    cancel_fee: Any


@dataclass(frozen=True)
class CancelTerms:
    """Days after the purchase, and before the course's first day, until whose end an account may cancel; None for no
    such limit. `share` per cent of the price are kept, and `fee` for each unit, tax included."""

    days_after: int | None
    days_before: int | None
    share: Decimal
    fee: Decimal

    @staticmethod
    def of(entry: HasTerms) -> CancelTerms | None:
        """Return the terms of an entry; None where no account may cancel."""
        if entry.cancel_days_after is None and entry.cancel_days_before is None:
            return None
        return CancelTerms(
            entry.cancel_days_after, entry.cancel_days_before, entry.cancel_share_kept, entry.cancel_fee or Decimal(0)
        )

    @staticmethod
    def frozen(kept: Mapping[str, Any]) -> CancelTerms | None:
        """Return terms from the value that `to_freeze` made; None from an empty one."""
        if not kept:
            return None
        return CancelTerms(kept["days_after"], kept["days_before"], Decimal(kept["share"]), Decimal(kept["fee"]))

    def to_freeze(self) -> dict[str, Any]:
        return {
            "days_after": self.days_after,
            "days_before": self.days_before,
            "share": str(self.share),
            "fee": str(self.fee),
        }

    def kept_of(self, worth: Decimal, units: int) -> Decimal:
        """Return the part of the price of some units that is kept, to the cent; never more than the price."""
        share = round_money(worth * self.share / 100)
        return min(worth, share + self.fee * units)

    def in_words(self, currency: str) -> str:
        """Return the terms as sentences, in the reader's language."""
        return " ".join([*self._limits(), self._price(currency)])

    def _limits(self) -> Iterator[str]:
        if self.days_after is not None:
            yield ngettext(
                "You can cancel places that nobody uses until %(n)d day after the purchase.",
                "You can cancel places that nobody uses until %(n)d days after the purchase.",
                self.days_after,
            ) % {"n": self.days_after}
        if self.days_before is not None:
            yield ngettext(
                "Places that nobody uses can be cancelled until %(n)d day before the course begins.",
                "Places that nobody uses can be cancelled until %(n)d days before the course begins.",
                self.days_before,
            ) % {"n": self.days_before}

    def _price(self, currency: str) -> str:
        said = {"share": percent(self.share.normalize() + 0), "fee": money(self.fee, currency)}
        if self.share and self.fee:
            return _("We keep %(share)s of their price, and %(fee)s for each.") % said
        if self.share:
            return _("We keep %(share)s of their price.") % said
        if self.fee:
            return _("We keep %(fee)s for each.") % said
        return _("It costs nothing.")
