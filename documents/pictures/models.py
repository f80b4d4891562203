"""Pictures in documents: logos, each kept once for all documents that show it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Picture(models.Model):
    """A PNG, found by the SHA-256 of its bytes: 64 hexadecimal digits. Never changed."""

    digest = models.CharField(_("digest"), max_length=64)
    content = models.BinaryField(_("content"))
    kept_at = models.DateTimeField(_("kept since"), db_default=Now())

    class Meta:
        verbose_name = _("picture in documents")
        verbose_name_plural = _("pictures in documents")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=("digest",), name="documents_picture_once"),
            models.CheckConstraint(
                condition=Q(
                    digest=Func(
                        Func(F("content"), function="sha256"),
                        models.Value("hex"),
                        function="encode",
                        output_field=models.CharField(),
                    )
                ),
                name="documents_picture_as_digested",
            ),
        ]

    def __str__(self) -> str:
        return self.digest
