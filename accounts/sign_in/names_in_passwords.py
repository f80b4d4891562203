"""Passwords hold no name that anybody would try first: the shop's, the person's, those of their organisations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.members.models import CustomerAccount
from common.registry import Registry
from common.search import normalise

SHORTEST_WORD = 4
# Words of many addresses that name nobody; a name of one of these is no worse a password for it.
NOBODYS = frozenset({"http", "https", "localhost", "example", "mail", "email"})

# Names of the shop that floors above know: NAMES_OF_THE_SHOP.add(names_of_the_seller). Each returns the names.
NAMES_OF_THE_SHOP: Registry[Callable[[], Iterable[str]]] = Registry("names of the shop")


class NamesValidator:
    """Validator for AUTH_PASSWORD_VALIDATORS: no word of four letters or more of such a name, whatever its accents and
    case.

    Asks the database for the person's accounts only where there is a stored person, so a sign-up tells nothing about
    the address that was typed.
    """

    def validate(self, password: str, user: Any = None) -> None:
        typed = normalise(password)
        names = [*_names_of_the_shop(), *_names_of(user)]
        found = next((word for name in names for word in _words(name) if word in typed), None)
        if found is not None:
            raise ValidationError(
                _(
                    "The password contains “%(word)s”, which others would try. Leave out the names of the shop, of "
                    "your organisation and your own."
                ),
                code="password_has_a_name",
                params={"word": found},
            )

    def get_help_text(self) -> str:
        return _("Your password can’t contain the names of the shop, of your organisation or your own.")


def _names_of_the_shop() -> Iterable[str]:
    yield "amphi"
    # Without the last part of the host name, which says a country or a purpose.
    yield re.sub(r"^\w+://|:\d+$", "", settings.SITE_URL).rpartition(".")[0]
    for names in NAMES_OF_THE_SHOP:
        yield from names()


def _names_of(user: Any) -> Iterable[str]:
    if user is None:
        return
    yield from (user.first_name, user.last_name)
    local, _at, domain = user.email.partition("@")
    yield from (local, domain.rpartition(".")[0])
    if user.pk is not None:
        yield from CustomerAccount.objects.filter(memberships__user_id=user.pk).values_list("name", flat=True)


def _words(name: str) -> Iterable[str]:
    words = re.split(r"[\W\d_]+", normalise(name or ""))
    return (word for word in words if len(word) >= SHORTEST_WORD and word not in NOBODYS)
