"""Exports of the books: files that a job makes, kept in pieces for a while; their row stays for good."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.journal.vat import Basis


class BookExport(models.Model):
    """A file for the accountant: its kind and period, who asked for it, and once it is made its rows and digest.

    `asked_as` is given to each form, so that one posted twice makes one export. `is_final`: the period was closed when
    the file was made, so that nothing more comes into it. `digest` is the SHA-256 of the file, whose pieces go when
    they are old.
    """

    class Kind(models.TextChoices):
        FEC = "fec", _("French journal in FEC layout")
        SALES = "sales", _("sales journal")
        VAT = "vat", _("VAT by tax code and country")
        OSS = "oss", _("VAT of other states of the Union (one-stop shop)")
        REVERSE = "reverse", _("reverse charge by VAT number")
        ORDERS = "orders", pgettext_lazy("export", "orders")
        LINES = "lines", pgettext_lazy("export", "lines of orders")
        DOCUMENTS = "documents", pgettext_lazy("export", "documents")
        PAYMENTS = "payments", pgettext_lazy("export", "payments")
        SEATS = "seats", pgettext_lazy("export", "seats")

    class Form(models.TextChoices):
        TXT = "txt", _("text (FEC layout)")
        CSV = "csv", "CSV"
        XLSX = "xlsx", "Excel (XLSX)"

    # Kinds whose VAT is due at one of two moments.
    OF_VAT = (Kind.VAT, Kind.OSS, Kind.REVERSE)

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    form = models.CharField(_("form"), max_length=4, choices=Form.choices)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    currency = models.CharField(_("currency"), max_length=3)
    basis = models.CharField(_("VAT due"), max_length=8, choices=Basis.choices, blank=True, default="", db_default="")
    language = models.CharField(_("language"), max_length=2)
    asked_as = models.UUIDField(editable=False)
    asked_at = models.DateTimeField(_("asked for"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked for by")
    )
    made_at = models.DateTimeField(_("made"), null=True)
    failed_at = models.DateTimeField(_("given up"), null=True)
    file_name = models.CharField(_("file"), max_length=80, blank=True, default="", db_default="")
    rows = models.BigIntegerField(_("rows"), null=True)
    left_out = models.BigIntegerField(_("entries in other currencies, left out"), null=True)
    size = models.BigIntegerField(_("bytes"), null=True)
    digest = models.BinaryField("SHA-256", max_length=32, null=True)
    is_final = models.BooleanField(_("of a closed period"), null=True)

    objects: ClassVar[models.Manager[BookExport]] = models.Manager()

    class Meta:
        verbose_name = _("export of the books")
        verbose_name_plural = _("exports of the books")
        ordering = ("-pk",)
        default_permissions = ("view",)
        permissions = [("make_bookexport", _("Can make and download exports of the books"))]
        constraints = [
            models.UniqueConstraint(fields=("asked_as",), name="shop_bookexport_asked_once"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="shop_bookexport_period"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=(
                        *("fec", "sales", "vat", "oss", "reverse"),
                        *("orders", "lines", "documents", "payments", "seats"),
                    )
                ),
                name="shop_bookexport_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(kind="fec", form="txt") | ~Q(kind="fec") & Q(form__in=("csv", "xlsx")),
                name="shop_bookexport_form_of_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("vat", "oss", "reverse"), basis__in=("debits", "receipts"))
                | ~Q(kind__in=("vat", "oss", "reverse")) & Q(basis=""),
                name="shop_bookexport_basis_of_vat",
            ),
            models.CheckConstraint(condition=Q(language__in=("fr", "en")), name="shop_bookexport_language_known"),
            models.CheckConstraint(
                condition=Q(
                    made_at__isnull=True, rows__isnull=True, size__isnull=True, digest__isnull=True,
                    is_final__isnull=True, left_out__isnull=True, file_name="",
                )
                | Q(
                    Q(made_at__isnull=False, failed_at__isnull=True, digest__isnull=False, is_final__isnull=False)
                    & Q(rows__gte=0, size__gte=0, left_out__gte=0)
                    & ~Q(file_name="")
                ),
                name="shop_bookexport_made_whole",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.starts_on:%Y-%m-%d} – {self.ends_on:%Y-%m-%d}"


class ExportPiece(models.Model):
    """A piece of an export's file, by its place in it. Written with the export, deleted by its age."""

    export = models.ForeignKey(BookExport, on_delete=models.CASCADE, db_index=False, related_name="pieces")
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    objects: ClassVar[models.Manager[ExportPiece]] = models.Manager()

    class Meta:
        verbose_name = _("piece of an export")
        verbose_name_plural = _("pieces of exports")
        ordering = ("export", "position")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=("export", "position"), name="shop_exportpiece_once")]

    def __str__(self) -> str:
        return f"{self.export_id}/{self.position}"
