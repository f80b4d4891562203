"""Look and terms of the seller's papers: columns of the seller's row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

USUAL_ACCENT = "#1f2937"
LONGEST_TERM = 200
LONGEST_FOOTER = 400
_COLOUR = r"^#[0-9A-Fa-f]{6}$"


def _text(label: StrOrPromise, longest: int = LONGEST_TERM) -> models.CharField[str, str]:
    return models.CharField(label, max_length=longest, blank=True, default="", db_default="")


class OnPapers(models.Model):
    """Look and terms of papers. An empty term is the usual one that the law gives (`shop.papers.terms`).

    `papers_logo` is the digest of the kept picture of the seller's logo (`documents.pictures`).
    """

    accent = models.CharField(
        _("colour of headings and lines"),
        max_length=7,
        default=USUAL_ACCENT,
        db_default=USUAL_ACCENT,
        validators=[RegexValidator(_COLOUR, _("A colour in the form #1f2937."))],
    )
    papers_logo = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    footer_fr = _text(_("footer, in French"), LONGEST_FOOTER)
    footer_en = _text(_("footer, in English"), LONGEST_FOOTER)
    payment_terms_fr = _text(_("terms of payment, in French"))
    payment_terms_en = _text(_("terms of payment, in English"))
    penalties_fr = _text(_("late payment penalties, in French"))
    penalties_en = _text(_("late payment penalties, in English"))
    discount_fr = _text(_("discount for early payment, in French"))
    discount_en = _text(_("discount for early payment, in English"))

    class Meta:
        abstract = True
