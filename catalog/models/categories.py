"""The tree of categories."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from common.search import search_column


class Category(models.Model):
    """A category, which may stand in another; cycles are refused by the services."""

    parent = models.ForeignKey(
        "self",
        verbose_name=_("inside"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
    )
    slug = models.SlugField(
        _("address"),
        max_length=64,
        unique=True,
        help_text=_("Part of the page's address: small letters, digits and hyphens."),
    )
    name = models.CharField(_("name"), max_length=150)
    description = models.TextField(_("description"), blank=True)
    position = models.PositiveIntegerField(
        _("position"), default=0, db_default=0, help_text=_("Lower numbers come first.")
    )
    search_text = search_column("slug", "name_en", "name_fr")

    objects: ClassVar[models.Manager[Category]] = models.Manager()
    # For the types of relations to it: modeltranslation replaces the manager's class by one that mypy cannot find.
    _default_manager: ClassVar[models.Manager[Category]]

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="catalog_category_not_own_parent",
                violation_error_message=_("A category cannot stand inside itself."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.slug
