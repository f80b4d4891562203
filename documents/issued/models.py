"""Documents, frozen when they are issued, and their files.

Triggers of migrations 0001 and 0005 keep what no column can: a document bears the number just counted, is never
changed, and neither emptied nor deleted before ten years have passed since the end of its year (code de commerce
L123-22).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from documents.series.models import Series
from documents.series.patterns import LONGEST

DIGEST_BYTES = 32


class DocumentQuerySet(models.QuerySet["Document"]):
    def kept(self) -> DocumentQuerySet:
        """Filter documents that still say something."""
        return self.filter(emptied_at__isnull=True)


class Document(models.Model):
    """A numbered document: `data` is all that it says, as plain values; a template makes its files of them.

    `fact` names the occasion, such as `invoice:order:17`: nothing is issued twice for it. `order_id` is the order
    concerned; this floor knows nothing more of it, and finds accounts through it only. `digest` is over everything that
    a file depends on. Since `emptied_at` nothing is left of what it said; its number stays, so that the series has
    no gap.
    """

    class Kind(models.TextChoices):
        PROFORMA = "proforma", _("pro-forma invoice")
        DEPOSIT = "deposit", _("deposit invoice")
        INVOICE = "invoice", pgettext_lazy("document", "invoice")
        FINAL = "final", _("final invoice")
        CREDIT_NOTE = "credit_note", _("credit note")
        RECEIPT = "receipt", pgettext_lazy("document", "receipt")

    E_INVOICES = frozenset({Kind.INVOICE, Kind.FINAL, Kind.DEPOSIT, Kind.CREDIT_NOTE})

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="documents", verbose_name=_("series"))
    position = models.BigIntegerField(_("position in the series"))
    number = models.CharField(_("number"), max_length=LONGEST)
    issued_on = models.DateField(_("day of issue"))
    issued_at = models.DateTimeField(_("issued at"))
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("issued by")
    )
    fact = models.CharField(_("occasion"), max_length=120)
    order_id = models.BigIntegerField(_("order"), null=True)
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="corrected_by", verbose_name=_("corrects")
    )
    language = models.CharField(_("language"), max_length=2)
    template = models.CharField(_("template"), max_length=20)
    template_version = models.PositiveSmallIntegerField(_("version of the template"))
    data = models.JSONField(_("data"))
    digest = models.BinaryField(_("digest"), max_length=DIGEST_BYTES)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())
    emptied_at = models.DateTimeField(_("emptied"), null=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ("-pk",)
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=("number",), name="documents_document_number_once"),
            models.UniqueConstraint(fields=("series", "position"), name="documents_document_position_once"),
            models.UniqueConstraint(fields=("fact",), name="documents_document_fact_once"),
            models.CheckConstraint(condition=~Q(fact=""), name="documents_document_fact_given"),
            models.CheckConstraint(
                condition=Q(kind__in=("proforma", "deposit", "invoice", "final", "credit_note", "receipt")),
                name="documents_document_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(number__regex=rf"^[A-Za-z0-9+_/-]{{1,{LONGEST}}}$"), name="documents_document_number_plain"
            ),
            models.CheckConstraint(condition=Q(language__in=("fr", "en")), name="documents_document_language_known"),
            models.CheckConstraint(
                condition=~Q(kind="credit_note") | Q(corrects__isnull=False), name="documents_document_credit_of_one"
            ),
            models.CheckConstraint(condition=Q(template_version__gte=1), name="documents_document_template_version"),
            models.CheckConstraint(
                condition=Q(emptied_at__isnull=True) | Q(data={}), name="documents_document_emptied_says_nothing"
            ),
        ]
        indexes = [
            models.Index(fields=("order_id",), condition=Q(order_id__isnull=False), name="documents_document_order"),
            models.Index(fields=("issued_on",), name="documents_document_day"),
            models.Index(
                KeyTextTransform("email", KeyTextTransform("buyer", "data")), name="documents_document_buyer_email"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def has_xml(self) -> bool:
        """Tell whether documents of this kind are e-invoices, with an XML of their own."""
        return self.kind in self.E_INVOICES


class DocumentFile(models.Model):
    """A file of a document: PDF, or the e-invoice alone, as CII (`xml`) and as UBL. Frozen when it is made.

    `digest` is the SHA-256 of its bytes. `content` may be lost, by a backup without it, and is made again to the same
    bytes or not at all.
    """

    class Form(models.TextChoices):
        PDF = "pdf", "PDF"
        XML = "xml", "XML (CII)"
        UBL = "ubl", "XML (UBL)"

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="files", verbose_name=_("document"))
    form = models.CharField(_("form"), max_length=3, choices=Form.choices)
    digest = models.BinaryField(_("digest"), max_length=DIGEST_BYTES)
    content = models.BinaryField(_("content"), null=True)
    made_at = models.DateTimeField(_("made at"), db_default=Now())

    class Meta:
        verbose_name = _("file of a document")
        verbose_name_plural = _("files of documents")
        ordering = ("document", "form")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=("document", "form"), name="documents_documentfile_once"),
            models.CheckConstraint(
                condition=Q(form__in=("pdf", "xml", "ubl")), name="documents_documentfile_form_known"
            ),
            models.CheckConstraint(
                condition=Q(content__isnull=True) | Q(digest=Func(F("content"), function="sha256")),
                name="documents_documentfile_as_digested",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}.{self.form}"
