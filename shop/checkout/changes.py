"""Changes of an order between its review and the button, in sentences for the customer."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from common.postal import PARTS, PostalAddress
from shop.checkout.draft import Draft
from shop.checkout.errors import TotalChanged

ADDRESS = {f"billing_{part}" for part in PARTS} - {"billing_name"}
LABELS = {
    "register_number": gettext_lazy("SIRET or registration number"),
    "service_code": gettext_lazy("Service code"),
    "commitment_number": gettext_lazy("Commitment number"),
    "vat_id": gettext_lazy("VAT number"),
    "purchase_reference": gettext_lazy("Your purchase-order reference"),
    "payer_email": gettext_lazy("Payer's e-mail address"),
}


def changes_in_words(names: set[str], draft: Draft) -> list[str]:
    """Return one sentence for each change, given the names of the parts of a draft that differ; never []."""
    told = [say(draft) for parts, say in SENTENCES if parts & names]
    told += [_now(label, draft.columns[name]) for name, label in LABELS.items() if name in names]
    known = {name for parts, _say in SENTENCES for name in parts} | set(LABELS)
    always = known - {"plans"}
    # All at once: a form that is not ours, or of another release.
    if not told or names - known or always <= names:
        return [str(TotalChanged.message)]
    return told


def _now(label: str | Promise, value: str) -> str:
    if not value:
        return _("%(label)s: now empty.") % {"label": label}
    return _("%(label)s: now “%(value)s”.") % {"label": label, "value": value}


def _goes_to(draft: Draft) -> str:
    return _("The order would now go to %(name)s.") % {"name": draft.columns["billing_name"]}


def _address(draft: Draft) -> str:
    address = PostalAddress(**{part: draft.columns[f"billing_{part}"] for part in PARTS})
    return _("The address on the invoice would now be %(address)s.") % {"address": ", ".join(address.lines_below_name)}


def _contact(draft: Draft) -> str:
    who = {"name": draft.columns["contact_name"], "email": draft.columns["contact_email"]}
    return _("The order would now be placed by %(name)s (%(email)s).") % who


def _kind(draft: Draft) -> str:
    if not draft.columns["is_organisation"]:
        return _("You would now buy as a private person.")
    if draft.columns["is_public_body"]:
        return _("You would now buy for a public body.")
    return _("You would now buy for a company or an association.")


def _language(draft: Draft) -> str:
    language = get_language_info(draft.columns["language"])["name_local"]
    return _("Language of the order and its mails: now %(language)s.") % {"language": language}


SENTENCES: tuple[tuple[set[str], Callable[[Draft], str]], ...] = (
    ({"account", "billing_name"}, _goes_to),
    (ADDRESS, _address),
    ({"contact_email", "contact_name", "buyer"}, _contact),
    ({"is_organisation", "is_public_body"}, _kind),
    ({"operator"}, lambda _draft: _("Somebody else would now place people into the training: see below.")),
    ({"language"}, _language),
    ({"seller"}, lambda _draft: _("The seller’s own details have changed.")),
    ({"plans"}, lambda _draft: _("The ways to pay in parts have changed: see below.")),
    ({"terms"}, lambda _draft: _("A new version of the terms of sale is in force. Please read it.")),
    (
        {"lines", "currency", "net", "tax", "gross", "entry_terms"},
        lambda _draft: str(TotalChanged.message),
    ),
    ({"units"}, lambda _draft: _("What was typed for the units has changed meanwhile.")),
)
