from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from common.emails import MAX_EMAIL_LENGTH, is_normal
from common.moments import in_shop_zone
from common.search import index_of_words, search_column, sort_column


class Delegation(models.Model):
    """Delegation of one person to one operator, on behalf of a customer account.

    Every operator of the account works with the delegation. Name and address are those typed by this account, never
    those the person or another account wrote elsewhere.
    """

    account = models.ForeignKey(
        CustomerAccount, on_delete=models.PROTECT, related_name="delegations", verbose_name=_("customer account")
    )
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="delegations_as_operator",
        verbose_name=_("operator"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="delegations_as_person",
        verbose_name=_("person"),
    )
    email = models.EmailField(_("e-mail as typed"), max_length=MAX_EMAIL_LENGTH)
    first_name = models.CharField(_("first name"), max_length=150, blank=True)
    last_name = models.CharField(_("last name"), max_length=150, blank=True)
    # The same in all delegations of a person by an account, but for those made later, which have none.
    team = models.ForeignKey(
        "accounts.Team",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="delegations",
        db_index=False,
        verbose_name=pgettext_lazy("of an account", "team"),
    )
    created_at = models.DateTimeField(_("since"), default=timezone.now, db_default=Now(), editable=False)
    search_text = search_column("first_name", "last_name", "email")
    sort_name = sort_column("last_name", "first_name", "email")

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        ordering = ("account", "email")
        constraints = (
            models.UniqueConstraint(
                fields=["account", "operator", "person"], name="accounts_delegation_account_operator_person"
            ),
            models.CheckConstraint(condition=is_normal("email"), name="accounts_delegation_email_normal"),
        )
        indexes = (
            index_of_words("search_text", name="accounts_delegation_words"),
            models.Index(fields=["email"], name="accounts_delegation_by_email"),
            # For the list of an account's people, in either order: without them an account waits for all the others'.
            models.Index(fields=["account", "id"], name="accounts_delegation_list"),
            models.Index(fields=["account", "sort_name", "id"], name="accounts_delegation_by_name"),
            models.Index(fields=["team"], condition=models.Q(team__isnull=False), name="accounts_delegation_team"),
        )

    def __str__(self) -> str:
        return self.email


class Detachment(models.Model):
    """Moment at which an account stopped looking after a person: who did it. Never changed, but for its account when
    that goes into another. Holds no name: the names went with the delegations."""

    account = models.ForeignKey(
        CustomerAccount,
        on_delete=models.PROTECT,
        related_name="detachments",
        db_index=False,
        verbose_name=_("customer account"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("person")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("who")
    )
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("detachment of a person")
        verbose_name_plural = _("detachments of people")
        ordering = ("pk",)
        indexes = (models.Index(fields=["account", "at", "id"], name="accounts_detachment_history"),)

    def __str__(self) -> str:
        return f"#{self.person_id} · {in_shop_zone(self.at):%Y-%m-%d %H:%M}"
