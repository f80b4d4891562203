"""Fields that a merchant adds to an entry, answered once per unit bought."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from handlers.asked_fields import FieldKind

NAME_PATTERN = r"^[a-z][a-z0-9_]*$"
NAME_MAX_LENGTH = 40
# Answers are bounded, and with them a page of 25 units, a cart of 500 and the matching of patterns.
LONGEST_TEXT = 500
LONGEST_LONG_TEXT = 2_000
WITH_LENGTH = (FieldKind.TEXT, FieldKind.LONG_TEXT)


class EntryField(models.Model):
    """One question that an entry asks for each unit, besides its handler's questions.

    Written by ``catalog.services.entry_fields`` and ``save_entry`` only, under the lock of the entry. Forms and orders
    use the field's plain value, ``handlers.asked_fields.AskedField``, made by ``catalog.entry_fields.fields_of``.
    """

    entry = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="fields")
    name = models.CharField(
        _("name"),
        max_length=NAME_MAX_LENGTH,
        help_text=_(
            "For the automation and for exports: small letters without accents, digits and underscores. "
            "Empty: made from the label."
        ),
    )
    position = models.PositiveIntegerField(
        _("position"), default=0, db_default=0, help_text=_("Lower numbers come first.")
    )
    label = models.CharField(_("label"), max_length=150)
    help = models.CharField(
        _("help text"), max_length=300, blank=True, help_text=_("Shown to the customer beside the field.")
    )
    kind = models.CharField(
        pgettext_lazy("of a field", "kind"),
        max_length=10,
        choices=FieldKind.choices,
        default=FieldKind.TEXT,
        db_default=FieldKind.TEXT,
    )
    is_required = models.BooleanField(
        pgettext_lazy("of a field", "required"),
        default=False,
        db_default=False,
        help_text=_("For a checkbox: it must be ticked."),
    )
    choices = models.JSONField(pgettext_lazy("of a field", "choices"), default=list, db_default=[], blank=True)
    least = models.DecimalField(_("least number"), max_digits=16, decimal_places=4, null=True, blank=True)
    greatest = models.DecimalField(_("greatest number"), max_digits=16, decimal_places=4, null=True, blank=True)
    earliest = models.DateField(_("earliest day"), null=True, blank=True)
    latest = models.DateField(_("latest day"), null=True, blank=True)
    max_length = models.PositiveIntegerField(_("greatest length"), null=True, blank=True)
    pattern = models.CharField(
        _("pattern"),
        max_length=200,
        blank=True,
        help_text=_(
            "A regular expression (RE2) that the whole answer must match, for instance [A-Z]{2}-\\d{3}-[A-Z]{2}."
        ),
    )
    example = models.CharField(
        _("example"),
        max_length=200,
        blank=True,
        help_text=_("A right answer. With a pattern it is needed: whoever types something else is shown it."),
    )

    objects: ClassVar[models.Manager[EntryField]] = models.Manager()
    # For the types of relations to it: modeltranslation replaces the manager's class by one that mypy cannot find.
    _default_manager: ClassVar[models.Manager[EntryField]]

    class Meta:
        verbose_name = _("field asked for each unit")
        verbose_name_plural = _("fields asked for each unit")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "name"], name="catalog_entryfield_name_once"),
            models.CheckConstraint(condition=Q(name__regex=NAME_PATTERN), name="catalog_entryfield_name_signs"),
            models.CheckConstraint(condition=Q(kind__in=FieldKind.values), name="catalog_entryfield_kind_known"),
            models.CheckConstraint(
                condition=Q(kind=FieldKind.CHOICE, choices__1__isnull=False)
                | (~Q(kind=FieldKind.CHOICE) & Q(choices=[])),
                name="catalog_entryfield_two_choices",
            ),
            models.CheckConstraint(
                condition=Q(kind=FieldKind.NUMBER) | Q(least__isnull=True, greatest__isnull=True),
                name="catalog_entryfield_bounds_of_number",
            ),
            models.CheckConstraint(
                condition=Q(least__isnull=True) | Q(greatest__isnull=True) | Q(greatest__gte=F("least")),
                name="catalog_entryfield_number_range",
            ),
            models.CheckConstraint(
                condition=Q(kind=FieldKind.DATE) | Q(earliest__isnull=True, latest__isnull=True),
                name="catalog_entryfield_bounds_of_date",
            ),
            models.CheckConstraint(
                condition=Q(earliest__isnull=True) | Q(latest__isnull=True) | Q(latest__gte=F("earliest")),
                name="catalog_entryfield_date_range",
            ),
            models.CheckConstraint(
                condition=Q(max_length__isnull=True)
                | Q(kind=FieldKind.TEXT, max_length__gte=1, max_length__lte=LONGEST_TEXT)
                | Q(kind=FieldKind.LONG_TEXT, max_length__gte=1, max_length__lte=LONGEST_LONG_TEXT),
                name="catalog_entryfield_length_of_text",
            ),
            models.CheckConstraint(
                condition=Q(pattern="", example="") | (Q(kind=FieldKind.TEXT) & (Q(pattern="") | ~Q(example=""))),
                name="catalog_entryfield_pattern_of_text",
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.name
