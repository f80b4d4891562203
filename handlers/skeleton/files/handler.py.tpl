"""$about"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from handlers.contract import Feedback, Handler, LineContext, Revocation, Text, UnitContext, in_words, paragraphs

from .forms import MerchantForm, UnitForm


class $class_name(Handler):
    """Says what was bought, and does nothing yet: write what it delivers into the hooks."""

    name = "$name"
    version = 1
    label = _("$words")
    summary = _("Notes a beneficiary for each unit bought.")
    MerchantForm = MerchantForm
    UnitForm = UnitForm

    def pre_payment(self, line: LineContext) -> Feedback:
        """At checkout: raise Refusal("why, and what to do next") for what cannot be sold."""
        return Feedback()

    def post_payment(self, line: LineContext) -> Feedback:
        """Once it is paid: deliver all units, as a set, so that a second run changes nothing."""
        noted = _noted(len(line.units))
        notice = line.parameters.get("notice") or ""
        return Feedback(
            public=paragraphs(noted, notice),
            customer=paragraphs(noted, notice),
            sales=noted,
        )

    def revoke(self, line: LineContext, units: Sequence[UnitContext], reason: Revocation) -> Feedback:
        """The units are given back, or the order has ended unpaid: undo what the other hooks did for them."""
        return Feedback()


def _noted(count: int) -> Text:
    """With a number in it, so it is put into words when somebody reads it, in his language."""
    return in_words(
        lambda: ngettext("%(n)d unit has been noted.", "%(n)d units have been noted.", count) % {"n": count}
    )
