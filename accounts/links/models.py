from __future__ import annotations

import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from common.emails import MAX_EMAIL_LENGTH, is_normal
from common.search import index_of_words


class AddressLinkQuerySet(models.QuerySet["AddressLink"]):
    def usable_at(self, now: datetime.datetime) -> AddressLinkQuerySet:
        return self.filter(used_at__isnull=True, expires_at__gt=now)


class AddressLink(models.Model):
    """A one-time link mailed to an address. Using the link proves that address, and nothing more.

    The link's token is derived from the row when its mail goes out; only a hash is stored.
    """

    class Purpose(models.TextChoices):
        INVITATION = "invitation", pgettext_lazy("purpose of a link", "Invitation")
        CLAIM = "claim", pgettext_lazy("purpose of a link", "Claim of an order")
        MEMBERSHIP = "membership", pgettext_lazy("purpose of a link", "Membership in an account")

    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices)
    email = models.EmailField(_("sent to"), max_length=MAX_EMAIL_LENGTH, db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="address_links",
        verbose_name=_("user"),
    )
    account = models.ForeignKey(
        CustomerAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="address_links",
        verbose_name=_("customer account"),
    )
    order_id = models.BigIntegerField(_("order"), null=True, blank=True, db_index=True)
    language = models.CharField(_("language"), max_length=7, blank=True)
    nonce = models.CharField(max_length=64, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

    objects: ClassVar[models.Manager[AddressLink]] = AddressLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("address link")
        verbose_name_plural = _("address links")
        ordering = ("-created_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(purpose__in=["invitation", "claim", "membership"]),
                name="accounts_addresslink_purpose",
            ),
            models.CheckConstraint(condition=is_normal("email"), name="accounts_addresslink_email_normal"),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="accounts_addresslink_expires_later"
            ),
            models.CheckConstraint(
                condition=models.Q(used_at__isnull=True) | models.Q(used_at__lt=models.F("expires_at")),
                name="accounts_addresslink_used_in_time",
            ),
        )
        indexes = (
            models.Index(fields=["expires_at"], name="accounts_addresslink_ends"),
            index_of_words("email", name="accounts_link_words"),
        )

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} · {self.email}"
