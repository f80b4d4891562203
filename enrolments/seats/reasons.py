from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

_JOINED = "join_link:"


class SeatReason(models.TextChoices):
    """Reason of a seat's move or a ground's end where no person wrote one."""

    SOLD = "sold", pgettext_lazy("reason of a seat's move", "Sold")
    DECLARED = "declared", pgettext_lazy("reason of a seat's move", "Declared with the order")
    ASSIGNED = "assigned", pgettext_lazy("reason of a seat's move", "Assigned")
    RELEASED = "released", pgettext_lazy("reason of a seat's move", "Released")
    MOVED = "moved", pgettext_lazy("reason of a seat's move", "Moved")
    REPLACED = "replaced", pgettext_lazy("reason of a seat's move", "Participant exchanged")
    GIVEN = "given", pgettext_lazy("reason of a seat's move", "Given to another account by the shop")
    RECEIVED = "received", pgettext_lazy("reason of a seat's move", "Given to your account by the shop")
    ENTERED = "entered", pgettext_lazy("reason of a seat's move", "Entered the course")
    EXPIRED = "expired", pgettext_lazy("reason of a seat's move", "Validity over")
    EXTENDED = "extended", pgettext_lazy("reason of a seat's move", "Validity extended")
    GIVEN_UP = "given_up", pgettext_lazy("reason of a seat's move", "Given up by its person")
    LAPSED = "lapsed", pgettext_lazy("reason of a seat's move", "Not entered in time")
    RIGHT_LOST = "right_lost", pgettext_lazy("reason why a ground ended", "No longer an operator of the account")
    PERSON_CLOSED = "person_closed", pgettext_lazy("reason why a ground ended", "The person was closed")
    PERSON_ERASED = "person_erased", pgettext_lazy("reason of a seat's move", "The person was erased at their request")


def joined_by(link_id: int) -> str:
    """Return the reason of a seat taken through a join link."""
    return f"{_JOINED}{link_id}"


def reason_in_words(reason: str) -> str:
    """Return a reason in the reader's language, or as a person wrote it."""
    if reason.startswith(_JOINED):
        return _("Taken through join link %(number)s") % {"number": reason.removeprefix(_JOINED)}
    return str(SeatReason(reason).label) if reason in SeatReason.values else reason
