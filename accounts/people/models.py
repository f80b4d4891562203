from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.emails import ERASED, MAX_EMAIL_LENGTH, is_erased, is_normal, normalise_email
from common.search import index_of_words, search_column, sort_column

MAX_NAME_LENGTH = 150


class UserManager(BaseUserManager["User"]):
    """Makes users together with the row that says whether their address is proved."""

    def create_user(
        self, email: str, password: str | None = None, *, is_address_proved: bool = False, **fields: Any
    ) -> User:
        """Return a new user. A user without a password signs in with a mailed code.

        Unless `is_address_proved`, the first sign-in asks for a code mailed to the address.
        Raises ValidationError for something that is no address, IntegrityError for a known one.
        """
        user = self.model(email=normalise_email(email), **fields)
        user.set_password(password)
        return self.add(user, is_address_proved=is_address_proved)

    def add(self, user: User, *, is_address_proved: bool = False) -> User:
        """Insert a user who has no row yet, with the row that says whether the user's address is proved."""
        from allauth.account.models import EmailAddress

        with transaction.atomic(using=self._db):
            user.save(using=self._db, force_insert=True)
            EmailAddress.objects.using(self._db).create(
                user=user, email=user.email, primary=True, verified=is_address_proved
            )
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Like `create_user`, with every right in the admin."""
        return self.create_user(email, password, **fields | {"is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=normalise_email(username or ""))


# An erased person: without a name, and never to sign in again.
NOBODY = models.Q(first_name="", last_name="", is_active=False, is_staff=False, is_superuser=False)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The e-mail address is the identity; whether it is proved is told by allauth's EmailAddress row."""

    email = models.EmailField(
        _("e-mail address"),
        max_length=MAX_EMAIL_LENGTH,
        unique=True,
        error_messages={"unique": _("Somebody with this e-mail address exists already.")},
    )
    first_name = models.CharField(_("first name"), max_length=MAX_NAME_LENGTH, blank=True)
    last_name = models.CharField(_("last name"), max_length=MAX_NAME_LENGTH, blank=True)
    language = models.CharField(
        _("language"),
        max_length=7,
        blank=True,
        choices=settings.LANGUAGES,
        help_text=_("Language of mails and pages; empty for the shop's own."),
    )
    is_active = models.BooleanField(
        _("active"), default=True, db_default=True, help_text=_("Untick instead of deleting a person.")
    )
    is_staff = models.BooleanField(
        _("staff"), default=False, db_default=False, help_text=_("May sign in to the administration.")
    )
    created_by_account = models.ForeignKey(
        "accounts.CustomerAccount",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="created_users",
        verbose_name=_("first named by"),
        help_text=_(
            "The customer account that first typed this address; empty for a person who signed up without being named."
        ),
    )
    date_joined = models.DateTimeField(_("known since"), default=timezone.now, db_default=Now(), editable=False)
    search_text = search_column("first_name", "last_name", "email")
    sort_name = sort_column("last_name", "first_name", "email")

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ("email",)
        permissions = (
            ("give_rights", _("Can give roles and rights")),
            ("take_factor_away", _("Can take a lost second factor away")),
        )
        constraints = (
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_ci"),
            models.CheckConstraint(condition=is_normal("email"), name="accounts_user_email_normal"),
            models.CheckConstraint(condition=~models.Q(email__endswith=ERASED) | NOBODY, name="accounts_user_erased"),
        )
        indexes = (index_of_words("search_text", name="accounts_user_words"),)

    # Whether this is staff in a session that has proved the second factor: told to whoever serves the request, and
    # stored nowhere. None: nobody has asked yet, which counts as no.
    is_trusted_staff: bool | None = None

    def __str__(self) -> str:
        return self.get_full_name() if self.is_erased else self.email

    @property
    def is_erased(self) -> bool:
        return is_erased(self.email)

    def clean(self) -> None:
        # Not super().clean(): Django's own normalisation keeps the case of the part before the @.
        self.email = normalise_email(self.email)

    def get_full_name(self) -> str:
        """Return the name as written, or the address of a person without a name; an erased person has neither."""
        if self.is_erased:
            return gettext("Erased person no. %(number)s") % {"number": self.pk}
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def get_short_name(self) -> str:
        return self.first_name or str(self)
