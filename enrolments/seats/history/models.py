from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount
from common.moments import in_shop_zone
from enrolments.courses.models import Course
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.reasons import reason_in_words


class SeatEvent(models.Model):
    """Move of a seat: who, when, from, to, why. Never changed, but for its account when the order is claimed."""

    # Two references without a check in the database: a pack of 10,000 seats writes as many of these rows in the
    # statement that makes the seats, and would look up 20,000 times the rows it has just written. Seats are never
    # deleted.
    seat = models.ForeignKey(
        Seat, on_delete=models.PROTECT, related_name="events", db_constraint=False, verbose_name=_("seat")
    )
    account = models.ForeignKey(
        CustomerAccount,
        on_delete=models.PROTECT,
        related_name="seat_events",
        db_index=False,
        db_constraint=False,
        verbose_name=_("customer account"),
    )
    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("who"),
    )
    from_state = models.CharField(_("from"), max_length=10, choices=SeatState.choices, blank=True)
    to_state = models.CharField(_("to"), max_length=10, choices=SeatState.choices)
    reason = models.CharField(_("why"), max_length=200, blank=True)
    course = models.ForeignKey(
        Course,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("course"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("person"),
    )

    # Where the merchant gave the seat to another account: its history begins anew there.
    given_to = models.ForeignKey(
        CustomerAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("given to"),
    )

    class Meta:
        verbose_name = _("move of a seat")
        verbose_name_plural = _("moves of seats")
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(from_state="", to_state__in=["available", "assigned"])
                | models.Q(from_state="available", to_state__in=["assigned", "expired", "revoked"])
                | models.Q(from_state="available", to_state="available", given_to__isnull=False)
                | models.Q(from_state="assigned", to_state__in=["available", "consumed", "expired", "revoked"])
                | models.Q(from_state="consumed", to_state="revoked")
                | models.Q(from_state="expired", to_state__in=["available", "revoked"]),
                name="enrolments_seatevent_move",
            ),
            models.CheckConstraint(
                condition=models.Q(given_to__isnull=True) | models.Q(from_state="available", to_state="available"),
                name="enrolments_seatevent_given",
            ),
        )
        indexes = (
            # For the history of an account: moves that somebody made. Those of a purchase, which come by the thousand,
            # do not stand in it.
            models.Index(
                fields=["account", "at", "id"],
                condition=models.Q(actor__isnull=False),
                name="enrolments_seatevent_by_actor",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_to_state_display()} · {in_shop_zone(self.at):%Y-%m-%d %H:%M}"

    @property
    def reason_label(self) -> str:
        """The reason in the reader's language, or as a person wrote it."""
        return reason_in_words(self.reason)
