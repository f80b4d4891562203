from django.db import models
from django.utils.translation import pgettext_lazy


class SeatReason(models.TextChoices):
    """Why a seat moved, where no person wrote a reason of his own."""

    SOLD = "sold", pgettext_lazy("reason of a seat's move", "Sold")
    DECLARED = "declared", pgettext_lazy("reason of a seat's move", "Declared with the order")
    ASSIGNED = "assigned", pgettext_lazy("reason of a seat's move", "Assigned")
    RELEASED = "released", pgettext_lazy("reason of a seat's move", "Released")
    ENTERED = "entered", pgettext_lazy("reason of a seat's move", "Entered the course")
    EXPIRED = "expired", pgettext_lazy("reason of a seat's move", "Validity over")


def reason_in_words(reason: str) -> str:
    """A reason in the reader's language, or as somebody wrote it."""
    return str(SeatReason(reason).label) if reason in SeatReason.values else reason
