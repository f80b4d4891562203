from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount


class CalendarLink(models.Model):
    """Secret link under which a person's calendar program reads the sessions of an account, or the person's own courses
    (`account` is null). A new link is a new row."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="calendar_links", verbose_name=_("person")
    )
    account = models.ForeignKey(
        CustomerAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="calendar_links",
        verbose_name=_("customer account"),
    )
    nonce = models.CharField(_("nonce"), max_length=43)
    token_hash = models.CharField(_("hash of the token"), max_length=64)
    made_at = models.DateTimeField(_("made"), db_default=Now())

    class Meta:
        verbose_name = _("calendar link")
        verbose_name_plural = _("calendar links")
        ordering = ("pk",)
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["token_hash"], name="enrolments_calendarlink_token"),
            models.UniqueConstraint(
                fields=["person", "account"], condition=Q(account__isnull=False), name="enrolments_calendarlink_account"
            ),
            models.UniqueConstraint(
                fields=["person"], condition=Q(account__isnull=True), name="enrolments_calendarlink_own"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} · {self.account or '–'}"
