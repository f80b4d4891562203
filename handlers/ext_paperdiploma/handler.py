"""Paper diplomas, ordered by mail from a printing service, which posts them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext, gettext_lazy, ngettext

from handlers.contract import (
    EntryToCheck,
    Feedback,
    Finding,
    Handler,
    Level,
    LineContext,
    Revocation,
    RevokeReason,
    Text,
    UnitContext,
    in_words,
    sentences,
)
from outbox.mails.kinds import Receiver, register_mail_kind
from outbox.mails.models import Mail
from outbox.mails.services import queue_mail

from .forms import DiplomaForm, PaperDiplomaForm, PaperDiplomaParameters

ORDER = "ext_paperdiploma_order"
STOP = "ext_paperdiploma_stop"
MOST_DIPLOMAS = 100

register_mail_kind(ORDER, template="ext_paperdiploma/mails/order", receiver=Receiver.SHOP)
register_mail_kind(STOP, template="ext_paperdiploma/mails/stop", receiver=Receiver.SHOP)


class PaperDiploma(Handler):
    """Handler of paper diplomas: one mail orders all of a line, another cancels those of units given back."""

    name = "ext_paperdiploma"
    version = 1
    label = gettext_lazy("Paper diplomas")
    summary = gettext_lazy("Has diplomas printed and posted: one name and postal address per unit bought.")
    MerchantForm = PaperDiplomaForm
    UnitForm = DiplomaForm
    max_quantity = MOST_DIPLOMAS

    def check(self, entry: EntryToCheck) -> list[Finding]:
        if PaperDiplomaParameters.of(entry.parameters).printer:
            return []
        return [Finding(Level.INFO, gettext_lazy("Orders for diplomas are sent to the sales team."), "printer")]

    def post_payment(self, line: LineContext) -> Feedback:
        """Record the mail with the delivery, once per line: a second run finds its key taken."""
        _tell_printer(ORDER, line, line.units, key=_order_key(line))
        return _ordered(line)

    def revoke(self, line: LineContext, units: Sequence[UnitContext], reason: Revocation) -> Feedback:
        """Ask the printing service to stop; the sales team asks whether the diplomas were printed already."""
        was_ordered = Mail.objects.filter(key=_order_key(line)).exists()
        if reason.why is RevokeReason.UNPAID or not units or not was_ordered:
            return Feedback()
        _tell_printer(STOP, line, units, key=_stop_key(line, units))
        count = len(units)
        return Feedback(
            customer=in_words(
                lambda: (
                    ngettext("%(n)d paper diploma was cancelled.", "%(n)d paper diplomas were cancelled.", count)
                    % {"n": count}
                )
            ),
            sales=gettext_lazy(
                "The printing service has been asked to stop. Ask whether the diplomas had been posted already."
            ),
        )


def _tell_printer(kind: str, line: LineContext, units: Sequence[UnitContext], *, key: str) -> None:
    params = PaperDiplomaParameters.of(line.parameters)
    queue_mail(
        kind=kind,
        key=key,
        recipient=params.printer or settings.SALES_EMAIL,
        # The printing service reads the shop's language, whatever the customer's is.
        language=settings.LANGUAGE_CODE,
        context={
            "order_number": line.order_number,
            "title": params.title,
            "diplomas": [
                {
                    "number": unit.index + 1,
                    # Blank once the person's data were erased.
                    "name": unit.answers.get("name", ""),
                    "address": unit.answers.get("address", ""),
                }
                for unit in units
            ],
        },
        account_id=line.account.pk,
        order_id=line.order_id,
    )


def _order_key(line: LineContext) -> str:
    return f"{ORDER}:{line.line_id}"


def _stop_key(line: LineContext, units: Sequence[UnitContext]) -> str:
    """Return one key for each set of units, whatever their number."""
    told = ",".join(str(index) for index in sorted(unit.index for unit in units))
    return f"{STOP}:{line.line_id}:{hashlib.sha256(told.encode()).hexdigest()[:20]}"


def _ordered(line: LineContext) -> Feedback:
    """Return the feedback of an order, without names: feedback is kept for good, answers of units can be erased."""
    params, count = PaperDiplomaParameters.of(line.parameters), len(line.units)
    ordered = in_words(
        lambda: (
            ngettext(
                "%(n)d paper diploma has been ordered from the printing service.",
                "%(n)d paper diplomas have been ordered from the printing service.",
                count,
            )
            % {"n": count}
        )
    )
    posted = in_words(
        lambda: (
            ngettext(
                "Posting takes up to %(n)d day from payment.",
                "Posting takes up to %(n)d days from payment.",
                params.days,
            )
            % {"n": params.days}
        )
    )
    told = sentences(ordered, posted)
    return Feedback(public=told, customer=told, sales=sentences(ordered, _sent_to(params)))


def _sent_to(params: PaperDiplomaParameters) -> Text:
    if not params.printer:
        return gettext_lazy("The names and addresses are in a mail of their own to the sales team.")
    return in_words(lambda: gettext("The names and addresses were mailed to %(email)s.") % {"email": params.printer})
