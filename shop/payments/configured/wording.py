"""Words about settings of providers, for the merchant."""

from __future__ import annotations

from django.utils.translation import gettext as _

from common.admin.display import moment
from shop.payments.configured.keyed import Connection, Keyed
from shop.payments.configured.models import ProviderSettings


def source_of(provider: Keyed, row: ProviderSettings) -> str:
    """Tell in a sentence where the keys in force come from; "" for a provider without keys."""
    form = provider.settings_form
    if form is None:
        return ""
    if row.keys_at and not provider.values():
        return _("The keys saved here cannot be read with the present SECRET_KEY. Type them again.")
    if row.keys_at:
        return _("The keys saved here are in force, since %(at)s.") % {"at": moment(row.keys_at)}
    variables = ", ".join(form.variables.values())
    if provider.values():
        text = _("The keys in force come from the environment (%(variables)s). Keys saved here take their place.")
        return text % {"variables": variables}
    return _("There are no keys yet: customers are not offered it. Copy them here from the provider’s site.")


def mode_in_words(is_test: bool) -> str:
    return _("test: no money moves") if is_test else _("real money")


def found_in_words(found: Connection) -> str:
    """Tell what a provider said of working keys."""
    mode = mode_in_words(found.is_test)
    if not found.account:
        return _("The connection works: %(mode)s.") % {"mode": mode}
    return _("The connection works: account “%(account)s”, %(mode)s.") % {"account": found.account, "mode": mode}


def refused_in_words(code: str) -> str:
    """Tell that a provider refused the keys, with its code."""
    if code == "not_configured":
        return _("There are no keys to try.")
    if code == "address_inside":
        return _("The address leads to this machine or its network, where no provider is. Check it.")
    return _(
        "The provider refuses these keys (%(code)s). Copy them again, and check that they are of the same mode."
    ) % {"code": code}


def silent_in_words(code: str) -> str:
    return _("The provider did not answer (%(code)s). Try again in a few minutes.") % {"code": code}


def check_in_words(row: ProviderSettings) -> str:
    """Tell what the last try of the keys has shown, and when; "" if there was none."""
    if row.checked_at is None:
        return ""
    found = Connection(row.account, bool(row.is_test))
    told = refused_in_words(row.problem) if row.problem else found_in_words(found)
    return _("%(at)s: %(told)s") % {"at": moment(row.checked_at), "told": told}
