from __future__ import annotations

import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries.fields import CountryField

from common.emails import MAX_EMAIL_LENGTH, is_normal
from common.postal import PostalAddress
from common.register_numbers import MAX_REGISTER_NUMBER_LENGTH
from common.search import index_of_words, search_column, sort_column

SERVICE_CODE_LENGTH = 100
# Columns of an account that its people typed, and that may name one.
TYPED = ("name", "street", "postal_code", "city", "register_number", "vat_id", "service_code", "payer_email")


class Buyer(models.TextChoices):
    """Kind of buyer. It decides documents, methods and dates: `shop.checkout.buyers` has the rules."""

    COMPANY = "organisation", pgettext_lazy("kind of buyer", "Company or association")
    PUBLIC = "public_body", pgettext_lazy("kind of buyer", "Public body")
    PERSON = "person", pgettext_lazy("kind of buyer", "Private person")

    @classmethod
    def of(cls, *, is_organisation: bool, is_public_body: bool) -> Buyer:
        """Return the kind that two columns say; a private person is no public body, whatever the second says."""
        if not is_organisation:
            return cls.PERSON
        return cls.PUBLIC if is_public_body else cls.COMPANY


class CustomerAccountQuerySet(models.QuerySet["CustomerAccount"]):
    def claimed(self) -> CustomerAccountQuerySet:
        """Return accounts with a member; the account of a visitor's order has none until it is claimed."""
        return self.filter(models.Exists(Membership.objects.filter(account=models.OuterRef("pk"))))


class CustomerAccount(models.Model):
    """The organisation, or person, that owns orders and seats.

    A closed account went into another one: its key is kept for the ledger, without members, details and orders.
    """

    class Kind(models.TextChoices):
        ORGANISATION = "organisation", _("Organisation")
        PERSON = "person", pgettext_lazy("kind of customer account", "Private person")

    kind = models.CharField(
        _("kind"), max_length=12, choices=Kind.choices, default=Kind.ORGANISATION, db_default=Kind.ORGANISATION
    )
    is_public_body = models.BooleanField(
        _("public body"),
        default=False,
        db_default=False,
        help_text=_("State, region, town, public school or hospital: it may pay by public mandate, after the service."),
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    street = models.TextField(_("address"), max_length=300, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = CountryField(_("country"), default="FR", db_default="FR")
    register_number = models.CharField(
        _("SIRET or registration number"),
        max_length=MAX_REGISTER_NUMBER_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text=_("SIRET (14 digits) of an organisation in France; elsewhere its number in the country's register."),
    )
    vat_id = models.CharField(_("VAT number"), max_length=20, blank=True)
    service_code = models.CharField(
        _("service code"),
        max_length=SERVICE_CODE_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text=_("Of a public body whose rules ask for one (Chorus Pro)."),
    )
    payer_email = models.EmailField(
        _("payer's e-mail"),
        max_length=MAX_EMAIL_LENGTH,
        blank=True,
        help_text=_("Who pays, where that is somebody else: invoices and payment links may go there."),
    )
    credit_limit = models.DecimalField(
        _("credit limit"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Up to this amount a trusted account buys on account; empty for accounts that pay first."),
    )
    credit_days = models.PositiveSmallIntegerField(
        _("days to pay"), default=30, db_default=30, help_text=_("For what is bought on account.")
    )
    invoices_after_service = models.BooleanField(
        _("invoiced after the service"), default=False, db_default=False,
        help_text=_("For public mandates: the invoice comes once the service is rendered."),
    )  # fmt: skip
    wants_payment_reminders = models.BooleanField(_("reminded of due payments"), default=True, db_default=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, db_default=Now(), editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)
    search_text = search_column("name", "city", "vat_id", "payer_email")
    sort_name = sort_column("name")

    objects: ClassVar[models.Manager[CustomerAccount]] = CustomerAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer account")
        verbose_name_plural = _("customer accounts")
        ordering = ("sort_name", "pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=["organisation", "person"]), name="accounts_customeraccount_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(credit_limit__isnull=True) | models.Q(credit_limit__gte=0),
                name="accounts_customeraccount_credit_limit",
            ),
            models.CheckConstraint(condition=is_normal("payer_email"), name="accounts_customeraccount_payer_email"),
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=True)
                | models.Q(name="", street="", postal_code="", city="", vat_id="", payer_email=""),
                name="accounts_customeraccount_closed_is_blank",
            ),
        )
        indexes = (index_of_words("search_text", name="accounts_account_words"),)

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"

    @property
    def buyer(self) -> Buyer:
        return Buyer.of(is_organisation=self.kind == self.Kind.ORGANISATION, is_public_body=self.is_public_body)

    @property
    def address(self) -> PostalAddress:
        return PostalAddress.of(self)


class Roles(models.Model):
    """The roles a person holds in an account, or is offered. `accounts.members.rights` says what each allows."""

    is_owner = models.BooleanField(pgettext_lazy("role in an account", "owner"), default=False, db_default=False)
    is_buyer = models.BooleanField(pgettext_lazy("role in an account", "buyer"), default=False, db_default=False)
    is_operator = models.BooleanField(pgettext_lazy("role in an account", "operator"), default=False, db_default=False)
    is_accountant = models.BooleanField(
        pgettext_lazy("role in an account", "accountant"), default=False, db_default=False
    )

    class Meta:
        abstract = True


HAS_ROLE = models.Q(is_owner=True) | models.Q(is_buyer=True) | models.Q(is_operator=True) | models.Q(is_accountant=True)


# A Monday before all others.
NO_WEEK = datetime.date(1970, 1, 5)


class Membership(Roles):
    """Membership of one person in one customer account."""

    account = models.ForeignKey(
        CustomerAccount, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("customer account")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("member")
    )
    # Keys of teams, orders and courses that an operator is limited to (accounts.members.parts); null: to nothing.
    limits = models.JSONField(_("limited to"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("since"), default=timezone.now, db_default=Now(), editable=False)
    wants_digest = models.BooleanField(_("gets the weekly summary"), default=True, db_default=True)
    wants_thresholds = models.BooleanField(_("is told of seats nearly used up"), default=True, db_default=True)
    wants_reminders = models.BooleanField(_("is reminded of seats to assign"), default=True, db_default=True)
    # The Monday of the last week whose summary was mailed to the member, or would have been with anything in it.
    digest_week = models.DateField(default=NO_WEEK, db_default=NO_WEEK, editable=False)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ("account", "user")
        constraints = (
            models.UniqueConstraint(fields=["account", "user"], name="accounts_membership_account_user"),
            models.CheckConstraint(condition=HAS_ROLE, name="accounts_membership_has_role"),
            models.CheckConstraint(
                condition=models.Q(digest_week__iso_week_day=1), name="accounts_membership_digest_week_is_a_monday"
            ),
        )
        indexes = (models.Index(fields=["digest_week"], name="accounts_membership_digest"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.account}"

    @property
    def is_limited(self) -> bool:
        """Tell whether the member is an operator who works with a part of the account alone; an owner never is."""
        return self.is_operator and not self.is_owner and self.limits is not None


class MemberInvitation(Roles):
    """Invitation to become a member, not followed yet.

    The account sees the address it typed and nothing else, whether the shop knows that person or not.
    """

    account = models.ForeignKey(
        CustomerAccount, on_delete=models.PROTECT, related_name="member_invitations", verbose_name=_("customer account")
    )
    email = models.EmailField(_("e-mail address"), max_length=MAX_EMAIL_LENGTH)
    link = models.OneToOneField(
        "accounts.AddressLink", on_delete=models.PROTECT, related_name="member_invitation", verbose_name=_("link")
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("invited by")
    )
    created_at = models.DateTimeField(_("since"), default=timezone.now, db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("invitation of a member")
        verbose_name_plural = _("invitations of members")
        ordering = ("account", "email")
        constraints = (
            models.UniqueConstraint(fields=["account", "email"], name="accounts_memberinvitation_account_email"),
            models.CheckConstraint(condition=is_normal("email"), name="accounts_memberinvitation_email_normal"),
            models.CheckConstraint(condition=HAS_ROLE, name="accounts_memberinvitation_has_role"),
        )

    def __str__(self) -> str:
        return f"{self.email} · {self.account}"
