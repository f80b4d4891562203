"""A mail to one recipient, recorded in the transaction that causes it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Exists, OuterRef, Q, TextField, Value
from django.db.models.functions import Cast, Concat, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.search import index_of_words, search_column
from outbox.jobs.models import Job
from outbox.mails.labels import MAIL_KIND_LABELS

JOB_KIND = "send_mail"
UNSENT_FOR_DAYS = 30


class MailQuerySet(models.QuerySet["Mail"]):
    def queued(self) -> MailQuerySet:
        return self.filter(state=Mail.State.QUEUED)

    def unsent(self, now: datetime) -> MailQuerySet:
        """Return mails of the last 30 days that could not be sent, and that were neither sent again nor dismissed
        since."""
        failed = self.filter(state=Mail.State.FAILED, created_at__gte=now - timedelta(days=UNSENT_FOR_DAYS))
        later = Mail.objects.filter(pk__gt=OuterRef("pk"))
        again = later.filter(Q(original=OuterRef("pk")) | Q(original=OuterRef("original")))
        key = Concat(Value(f"{JOB_KIND}:"), Cast(OuterRef("pk"), TextField()))
        return failed.filter(~Exists(again), ~Exists(Job.objects.dismissed().filter(key=key)))

    def of_order(self, order_id: int) -> MailQuerySet:
        return self.filter(order_id=order_id).order_by("-created_at", "-id")


class Mail(models.Model):
    """One mail to one address; template and context are kept, the text is made when it goes out.

    `secret` is a sign-in code or reset link made by django-allauth, encrypted, and blank as soon as the mail was sent
    or is over; `has_secret` remembers that there was one. Links of ours are not stored: such links are derived when the
    mail is rendered. A mail sent again by hand is a row of its own that names its `original`. A mail that lost context
    and subject to its age at `forgotten_at` is neither shown nor sent again.
    """

    class State(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("state of a mail", "queued")
        SENT = "sent", pgettext_lazy("state of a mail", "sent")
        FAILED = "failed", pgettext_lazy("state of a mail", "failed")
        RECALLED = "recalled", pgettext_lazy("state of a mail", "recalled")

    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(_("key"), max_length=200)
    message_id = models.CharField(_("message ID"), max_length=200)
    recipient = models.CharField(_("recipient"), max_length=254)
    language = models.CharField(_("language"), max_length=10)
    context = models.JSONField(_("context"), default=dict, db_default={}, encoder=DjangoJSONEncoder)
    secret = models.TextField(_("secret"), blank=True, default="", db_default="")
    has_secret = models.BooleanField(_("contained a one-time code or link"), default=False, db_default=False)
    account_id = models.BigIntegerField(_("customer account"), null=True, blank=True)
    order_id = models.BigIntegerField(_("order"), null=True, blank=True)
    person_id = models.BigIntegerField(_("person"), null=True, blank=True)
    original = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="copies",
        verbose_name=_("sent again from"),
    )
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.QUEUED, db_default=State.QUEUED
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    expires_at = models.DateTimeField(_("of no use after"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    subject = models.CharField(
        _("subject"), max_length=300, blank=True, default="", db_default="",
        help_text=_("As it was sent; blank before."),
    )  # fmt: skip
    search_text = search_column("recipient", "subject")
    failed_reason = models.TextField(_("why it failed"), blank=True, default="", db_default="")
    forgotten_at = models.DateTimeField(_("text deleted at"), null=True, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("one message", "mail")
        verbose_name_plural = _("mails")
        ordering = ("-id",)
        permissions = (("resend_mail", _("Can send a mail again")),)
        constraints = (
            models.UniqueConstraint(fields=["key"], name="outbox_mail_key_unique"),
            models.UniqueConstraint(fields=["message_id"], name="outbox_mail_message_id_unique"),
            models.CheckConstraint(
                condition=~Q(kind="") & ~Q(key="") & ~Q(language=""),
                name="outbox_mail_kind_key_language_given",
            ),
            # Both go into headers: a line break would let a typed value add headers of its own.
            models.CheckConstraint(
                condition=Q(recipient__regex=r"^[^[:space:][:cntrl:]<>,;]+$"),
                name="outbox_mail_recipient_one_address",
            ),
            models.CheckConstraint(
                condition=Q(message_id__regex=r"^<[^[:space:][:cntrl:]<>]+@[^[:space:][:cntrl:]<>]+>$"),
                name="outbox_mail_message_id_shape",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "sent", "failed", "recalled"]), name="outbox_mail_state_known"
            ),
            models.CheckConstraint(
                condition=(Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at__isnull=True))),
                name="outbox_mail_sent_at_when_sent",
            ),
            models.CheckConstraint(
                condition=(Q(secret="") | (Q(state="queued") & Q(has_secret=True))),
                name="outbox_mail_secret_only_while_queued",
            ),
            models.CheckConstraint(
                condition=Q(has_secret=False) | Q(original__isnull=True),
                name="outbox_mail_secret_never_sent_again",
            ),
            models.CheckConstraint(
                condition=Q(forgotten_at__isnull=True) | ~Q(state="queued"), name="outbox_mail_waiting_has_its_text"
            ),
        )
        indexes = (
            models.Index(fields=["order_id"], condition=Q(order_id__isnull=False), name="outbox_mail_order"),
            models.Index(
                fields=["account_id"],
                condition=Q(account_id__isnull=False),
                name="outbox_mail_account",
            ),
            models.Index(fields=["person_id"], condition=Q(person_id__isnull=False), name="outbox_mail_person"),
            # For an account's people by its last mail to them.
            models.Index(fields=["account_id", "id"], condition=Q(person_id__isnull=False), name="outbox_mail_people"),
            models.Index(fields=["created_at"], condition=Q(state="failed"), name="outbox_mail_failed"),
            index_of_words("search_text", name="outbox_mail_words"),
            models.Index(fields=["recipient"], name="outbox_mail_recipient"),
            models.Index(fields=["created_at"], condition=Q(forgotten_at__isnull=True), name="outbox_mail_with_text"),
            models.Index(fields=["created_at"], condition=Q(forgotten_at__isnull=False), name="outbox_mail_forgotten"),
        )

    def __str__(self) -> str:
        return f"{MAIL_KIND_LABELS.of(self.kind)} → {self.recipient}"

    @property
    def job_key(self) -> str:
        """Key of the job that sends the mail."""
        return f"{JOB_KIND}:{self.pk}"
