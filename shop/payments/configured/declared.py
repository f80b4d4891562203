"""Settings that a provider's package declares: a plain form, with the variables that may stand in for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import RegexValidator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


_ADDRESS = r"https://[a-z0-9.-]+(:[0-9]+)?(/[\w./-]*)?|http://(127\.0\.0\.1|localhost)(:[0-9]+)?(/[\w./-]*)?"
_NO_ADDRESS = _("Type an address that begins with https://.")


class KeyField(forms.CharField):
    """A key, a number or a password as a provider's site shows it: without blanks, of the pattern given."""

    def __init__(self, pattern: str = r"[!-~]{1,300}", *, wrong: StrOrPromise = "", **options: Any) -> None:
        super().__init__(**options)
        message = wrong or _("Copy it as the provider shows it, without blanks.")
        self.validators.append(RegexValidator(rf"\A(?:{pattern})\Z", message))


class AddressField(KeyField):
    """Address of a service: by HTTPS, or on this machine where calls may stay inside."""

    def __init__(self, **options: Any) -> None:
        super().__init__(_ADDRESS, wrong=_NO_ADDRESS, **options)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if str(value).startswith("http:") and not settings.CALLS_MAY_STAY_INSIDE:
            raise ValidationError(_NO_ADDRESS)


class SettingsForm(forms.Form):
    """Settings of one provider.

    `provider` is the name of its package, `title` what the merchant knows it by. `secrets` names the fields that nobody
    is ever shown again, `variables` the variable of the environment for each field: all of them together count where
    nothing was saved in the administration.
    """

    provider: ClassVar[str]
    title: ClassVar[str | Promise]
    secrets: ClassVar[frozenset[str]] = frozenset()
    variables: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def is_test(cls, values: Mapping[str, str]) -> bool:
        """Tell whether no money moves with these values."""
        raise NotImplementedError


def of_environment(form: type[SettingsForm]) -> Mapping[str, str]:
    """Return a provider's settings in the environment; {} where one is missing or makes no sense."""
    return _cleaned(form, _written(form))


def refuse_unfit_environment(form: type[SettingsForm]) -> None:
    """Raise ImproperlyConfigured if the environment has some of a provider's settings and not all, or one that makes no
    sense. Nothing at all is right: the administration may have them."""
    written = dict(_written(form))
    missing = [name for field, name in form.variables.items() if not written[field]]
    if len(missing) == len(written):
        return
    if missing:
        raise _refusal(f"the payment provider {form.provider!r} needs {', '.join(missing)} in the environment")
    with override("en"):  # like every sentence about the start
        for field, errors in form(written).errors.items():
            raise _refusal(f"{form.variables.get(field, form.provider)}: {errors[0]}")


def _written(form: type[SettingsForm]) -> tuple[tuple[str, str], ...]:
    return tuple((field, os.environ.get(name, "").strip()) for field, name in form.variables.items())


@lru_cache(maxsize=64)
def _cleaned(form: type[SettingsForm], written: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    if not written or not all(value for _field, value in written):
        return {}
    bound = form(dict(written))
    return bound.cleaned_data if bound.is_valid() else {}


def _refusal(why: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"Amphi does not start: {why.rstrip('.')}.")
