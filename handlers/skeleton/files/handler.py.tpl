"""$about"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from handlers.contract import Feedback, Handler, LineContext, Revocation, Text, UnitContext, in_words, paragraphs

from .forms import MerchantForm, UnitForm


class $class_name(Handler):
    """Handler that delivers nothing yet but a message: write the delivery into the hooks."""

    name = "$name"
    version = 1
    label = _("$words")
    summary = _("Notes a beneficiary for each unit bought.")
    MerchantForm = MerchantForm
    UnitForm = UnitForm

    def pre_payment(self, line: LineContext) -> Feedback:
        """Check the line at checkout; raise Refusal("reason, and next step") if it cannot be sold."""
        return Feedback()

    def post_payment(self, line: LineContext) -> Feedback:
        """Deliver all units of the paid line, as a set, so that a second run changes nothing."""
        noted = _noted(len(line.units))
        notice = line.parameters.get("notice") or ""
        return Feedback(
            public=paragraphs(noted, notice),
            customer=paragraphs(noted, notice),
            sales=noted,
        )

    def revoke(self, line: LineContext, units: Sequence[UnitContext], reason: Revocation) -> Feedback:
        """Undo the other hooks for units that are given back, or whose order has ended unpaid."""
        return Feedback()


def _noted(count: int) -> Text:
    """Return a text with a number in it, put into words when it is read, in the reader's language."""
    return in_words(
        lambda: ngettext("%(n)d unit has been noted.", "%(n)d units have been noted.", count) % {"n": count}
    )
