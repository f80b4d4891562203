"""Papers that an order lacks, issued from its page in the administration."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy

from common.again import again_after_deadlock
from common.refusals import Refused
from documents.issued.models import Document
from shop.orders.locks import lock_order
from shop.papers.models import MissingPaper
from shop.papers.services import issue_by_hand

if TYPE_CHECKING:
    from accounts.people.models import User


class LackChanged(Refused):
    """Refusal because an order lacks something else than the page showed, or nothing any more."""

    message = gettext_lazy("What this order lacks has changed since the page was shown. Look at it again.")


@again_after_deadlock
@transaction.atomic
def issue_as_shown(*, order_id: int, made_from: str, actor: User, now: datetime) -> list[Document]:
    """Issue the papers that an order lacks, as `issue_by_hand` does; `made_from` is what the page showed as lacking
    (`MissingPaper.shown`). Where the invoice waits for the service, this says that it is rendered.

    Locks the order. Raises LackChanged, and what `issue_by_hand` raises; then nothing was written.
    """
    order = lock_order(order_id)
    note = MissingPaper.objects.filter(order=order).first()
    if note is None or note.shown != made_from:
        raise LackChanged
    return issue_by_hand(order_id=order_id, actor=actor, now=now)
