"""Kinds of events of the security log."""

from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy


class Kind(models.TextChoices):
    """Kind of an event. `user` is whom the event concerns, `actor` who caused it, as far as the shop knows.

    A new kind needs no migration. Kinds of `OUTLASTING` tell of something refused, or tried.
    """

    SIGNED_IN = "signed_in", pgettext_lazy("security event", "Signed in")
    SIGN_IN_FAILED = "sign_in_failed", pgettext_lazy("security event", "Sign-in failed")
    SIGNED_OUT = "signed_out", pgettext_lazy("security event", "Signed out")
    LOCKED_OUT = "locked_out", pgettext_lazy("security event", "Too many attempts")
    CODE_REJECTED = "code_rejected", pgettext_lazy("security event", "Wrong mailed code")

    FACTOR_ADDED = "factor_added", pgettext_lazy("security event", "Second factor added")
    FACTOR_REMOVED = "factor_removed", pgettext_lazy("security event", "Second factor removed")
    FACTOR_FAILED = "factor_failed", pgettext_lazy("security event", "Second factor failed")
    RECOVERY_CODES_MADE = "recovery_codes_made", pgettext_lazy("security event", "Recovery codes made")
    RECOVERY_CODES_READ = "recovery_codes_read", pgettext_lazy("security event", "Recovery codes shown")
    RECOVERY_CODE_USED = "recovery_code_used", pgettext_lazy("security event", "Recovery code used")
    STEP_UP_PASSED = "step_up_passed", pgettext_lazy("security event", "Identity proved again")
    STEP_UP_FAILED = "step_up_failed", pgettext_lazy("security event", "Identity not proved again")

    PASSWORD_CHANGED = "password_changed", pgettext_lazy("security event", "Password changed")
    PASSWORD_RESET = "password_reset", pgettext_lazy("security event", "Password reset by a code")
    ADDRESS_CHANGED = "address_changed", pgettext_lazy("security event", "E-mail address changed")
    SESSIONS_ENDED = "sessions_ended", pgettext_lazy("security event", "Sessions ended")

    STAFF_MADE = "staff_made", pgettext_lazy("security event", "Access to the administration given")
    STAFF_ENDED = "staff_ended", pgettext_lazy("security event", "Access to the administration taken")
    RIGHTS_CHANGED = "rights_changed", pgettext_lazy("security event", "Rights of a person changed")
    ROLE_CHANGED = "role_changed", pgettext_lazy("security event", "Rights of a role changed")
    RIGHTS_REFUSED = "rights_refused", pgettext_lazy("security event", "Rights refused")
    PERSON_CLOSED = "person_closed", pgettext_lazy("security event", "Person closed")
    PERSON_OPENED = "person_opened", pgettext_lazy("security event", "Person opened again")

    ERASURE_ASKED = "erasure_asked", pgettext_lazy("security event", "Erasure asked for")
    ERASURE_WITHDRAWN = "erasure_withdrawn", pgettext_lazy("security event", "Request for erasure withdrawn")
    ERASURE_REFUSED = "erasure_refused", pgettext_lazy("security event", "Erasure refused")
    PERSON_ERASED = "person_erased", pgettext_lazy("security event", "Person erased")
    ERASURE_DONE = "erasure_done", pgettext_lazy("security event", "Erasure done")

    APPROVAL_ASKED = "approval_asked", pgettext_lazy("security event", "Second person asked")
    APPROVAL_GIVEN = "approval_given", pgettext_lazy("security event", "Approved by a second person")
    APPROVAL_REFUSED = "approval_refused", pgettext_lazy("security event", "Refused by a second person")

    EXPORTED = "exported", pgettext_lazy("security event", "Data exported")
    PERSON_VIEWED = "person_viewed", pgettext_lazy("security event", "Data of a person viewed")
    ALARM = "alarm", pgettext_lazy("security event", "Alarm")


# Events that are recorded even though the transaction in which they happen is rolled back. All others stand or fall
# with what they tell of.
OUTLASTING = frozenset(
    {
        Kind.SIGN_IN_FAILED,
        Kind.LOCKED_OUT,
        Kind.CODE_REJECTED,
        Kind.FACTOR_FAILED,
        Kind.STEP_UP_FAILED,
        Kind.RIGHTS_REFUSED,
    }
)
