from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class BrowserSession(models.Model):
    """Memory of one browser: a visitor's cart, a person's sign-in.

    `key` is a keyed hash of the cookie, `data` is encrypted: a copy of this table opens nothing. `user`, `browser` and
    `system` are there for a person who is signed in, so that they see where; no network address is kept. Written by
    `store` and `services` alone.
    """

    key = models.CharField(max_length=64, unique=True)
    data = models.TextField()
    expires_at = models.DateTimeField(_("ends"), db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="browser_sessions",
        verbose_name=_("person"),
    )
    created_at = models.DateTimeField(_("since"), db_default=Now())
    last_seen_at = models.DateTimeField(_("last seen"), db_default=Now())
    browser = models.CharField(_("browser"), max_length=20, blank=True, default="", db_default="")
    system = models.CharField(_("system"), max_length=20, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("sign-in of a browser")
        verbose_name_plural = _("sign-ins of browsers")
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                condition=Q(key__regex=r"^[0-9a-f]{64}$"), name="accounts_browsersession_key_hashed"
            ),
            # Every Fernet token begins like this: its version, then the upper bytes of a time before the year 4148.
            models.CheckConstraint(
                condition=Q(data__startswith="gAAAA"), name="accounts_browsersession_data_encrypted"
            ),
            models.CheckConstraint(
                condition=Q(last_seen_at__gte=F("created_at")), name="accounts_browsersession_seen_since"
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | Q(browser="", system=""),
                name="accounts_browsersession_visitor_unnamed",
            ),
        )

    def __str__(self) -> str:
        return f"{self.browser} {self.system}".strip() or str(self.pk)
