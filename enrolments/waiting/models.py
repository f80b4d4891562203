from __future__ import annotations

import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from common.moments import in_shop_zone
from enrolments.courses.models import Course

MOST_PLACES = 500


class WaitingPlaceQuerySet(models.QuerySet["WaitingPlace"]):
    def open(self) -> WaitingPlaceQuerySet:
        return self.filter(state__in=WaitingPlace.OPEN)

    def waiting(self) -> WaitingPlaceQuerySet:
        """Keep those that wait for an offer, the first in turn first."""
        return self.filter(state=WaitingPlace.State.WAITING).order_by("joined_at", "pk")

    def on_offer_at(self, now: datetime.datetime) -> WaitingPlaceQuerySet:
        """Keep offers that can still be taken."""
        return self.filter(state=WaitingPlace.State.OFFERED, offer_ends_at__gt=now)


class WaitingPlace(models.Model):
    """Place in the waiting list of a course: of a person for themselves, or of an account for some of its seats.

    An offered one holds its places that nobody has taken yet, like a `PlaceHold`. Changed under the course's lock alone
    (`enrolments.waiting.services`, `enrolments.courses.places.offers`); one that has ended is never changed again. An
    account that is offered fewer places than it waits for keeps a second row for the rest, in the same turn.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("waiting list", "Waiting")
        OFFERED = "offered", pgettext_lazy("waiting list", "Place offered")
        TAKEN = "taken", pgettext_lazy("waiting list", "Place taken")
        DECLINED = "declined", pgettext_lazy("waiting list", "Declined")
        LEFT = "left", pgettext_lazy("waiting list", "Left the list")
        LAPSED = "lapsed", pgettext_lazy("waiting list", "Offer not taken in time")
        OVER = "over", pgettext_lazy("waiting list", "Course over")

    OPEN = ("waiting", "offered")

    course = models.ForeignKey(
        Course, on_delete=models.PROTECT, related_name="waiting_places", db_index=False, verbose_name=_("course")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="waiting_places",
        verbose_name=_("person"),
    )
    account = models.ForeignKey(
        CustomerAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="waiting_places",
        verbose_name=_("customer account"),
    )
    places = models.PositiveIntegerField(_("places"), default=1, db_default=1)
    taken = models.PositiveIntegerField(_("places taken"), default=0, db_default=0)
    # Entry on whose page a person asked; "" for an account.
    entry_code = models.CharField(_("entry"), max_length=100, blank=True, default="", db_default="")
    language = models.CharField(max_length=10, blank=True, default="", db_default="", editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING, db_default=State.WAITING
    )
    joined_at = models.DateTimeField(_("waits since"))
    offered_at = models.DateTimeField(_("offered"), null=True, blank=True)
    offer_ends_at = models.DateTimeField(_("offered until"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    nonce = models.CharField(max_length=64, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)

    objects: ClassVar[models.Manager[WaitingPlace]] = models.Manager.from_queryset(WaitingPlaceQuerySet)()

    class Meta:
        verbose_name = _("place in a waiting list")
        verbose_name_plural = _("places in waiting lists")
        ordering = ("-pk",)
        default_permissions = ("view",)
        constraints: ClassVar = (
            models.CheckConstraint(
                condition=Q(person__isnull=False, account__isnull=True, places=1)
                | Q(person__isnull=True, account__isnull=False, places__gte=1, places__lte=MOST_PLACES),
                name="enrolments_waitingplace_holder",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", offered_at__isnull=True, ended_at__isnull=True, taken=0)
                | Q(state="offered", offered_at__isnull=False, ended_at__isnull=True, taken__lt=F("places"))
                | Q(state="taken", offered_at__isnull=False, ended_at__isnull=False, taken=F("places"))
                | Q(state__in=["declined", "lapsed", "left", "over"], ended_at__isnull=False, taken__lt=F("places")),
                name="enrolments_waitingplace_shape",
            ),
            models.CheckConstraint(
                condition=Q(offered_at__isnull=True, offer_ends_at__isnull=True, taken=0)
                | Q(offered_at__isnull=False, offer_ends_at__isnull=False, offer_ends_at__gt=F("offered_at")),
                name="enrolments_waitingplace_offer",
            ),
            models.UniqueConstraint(
                fields=["course", "person"],
                condition=Q(state__in=["waiting", "offered"]),
                name="enrolments_waitingplace_person_once",
            ),
            models.UniqueConstraint(
                fields=["course", "account"],
                condition=Q(state="waiting"),
                name="enrolments_waitingplace_account_once",
            ),
        )
        indexes = (
            models.Index(
                fields=["course", "state", "joined_at", "id"],
                condition=Q(state__in=["waiting", "offered"]),
                name="enrolments_waitingplace_open",
            ),
            models.Index(fields=["offer_ends_at"], condition=Q(state="offered"), name="enrolments_waitingplace_due"),
            models.Index(fields=["ended_at"], name="enrolments_waitingplace_ended"),
        )

    def __str__(self) -> str:
        return f"{self.course} · {in_shop_zone(self.joined_at):%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_offered(self) -> bool:
        return self.state == self.State.OFFERED

    def is_on_offer_at(self, now: datetime.datetime) -> bool:
        """Tell whether its offer can still be taken."""
        return self.is_offered and self.offer_ends_at is not None and self.offer_ends_at > now

    @property
    def left(self) -> int:
        """Places that nobody has taken yet."""
        return self.places - self.taken


class WaitingEvent(models.Model):
    """Change of places that an account waits for: when, how many, by whom; nobody where time or the shop did it.

    Never changed, but for its account when the order is claimed. It stays when the place is tidied.
    """

    class What(models.TextChoices):
        JOINED = "joined", pgettext_lazy("waiting list", "Waiting")
        OFFERED = "offered", pgettext_lazy("waiting list", "Place offered")
        TAKEN = "taken", pgettext_lazy("waiting list", "Place taken")
        DECLINED = "declined", pgettext_lazy("waiting list", "Declined")
        LEFT = "left", pgettext_lazy("waiting list", "Left the list")
        LAPSED = "lapsed", pgettext_lazy("waiting list", "Offer not taken in time")
        OVER = "over", pgettext_lazy("waiting list", "Course over")

    account = models.ForeignKey(
        CustomerAccount,
        on_delete=models.PROTECT,
        related_name="waiting_events",
        db_index=False,
        verbose_name=_("customer account"),
    )
    course = models.ForeignKey(
        Course, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("course")
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
    what = models.CharField(_("what"), max_length=10, choices=What.choices)
    places = models.PositiveIntegerField(_("places"))

    class Meta:
        verbose_name = _("event of a waiting list")
        verbose_name_plural = _("events of waiting lists")
        ordering = ("pk",)
        default_permissions = ()
        constraints = (
            models.CheckConstraint(condition=Q(places__gte=1), name="enrolments_waitingevent_places"),
            models.CheckConstraint(
                condition=Q(what__in=["joined", "offered", "taken", "declined", "left", "lapsed", "over"]),
                name="enrolments_waitingevent_what",
            ),
        )
        indexes = (models.Index(fields=["account", "at", "id"], name="enrolments_waitingevent_of"),)

    def __str__(self) -> str:
        return f"{self.get_what_display()} · {in_shop_zone(self.at):%Y-%m-%d}"
