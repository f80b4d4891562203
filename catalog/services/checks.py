"""Findings about entries, in plain words, for the merchant to mend before a customer meets them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping

from django.utils import timezone
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from billing.taxes.deciding import Supply
from catalog.availability import availability_of, what_is_sold
from catalog.models.entries import Audience, Entry, EntryState, Vocational
from catalog.offers import Offer, offer_of
from catalog.pricing import NoPrice, tier_for, tiers_of
from catalog.services.entry_fields import problems_of
from common.languages import field_in_every_language, in_reader_language, languages
from handlers.contract import Finding, Handler, HandlerMissing, Level, Text, in_words
from handlers.faults import HookBroken
from handlers.registry import handler_for, problem_with


def check_entry(entry: Entry) -> list[Finding]:
    """List the findings about ``entry`` as it is stored, errors first, and what customers read if they cannot buy it.
    Writes nothing."""
    findings = find_faults(entry)
    return _worst_first([*findings, *_of_availability(offer_of(entry), findings)])


def find_faults(entry: Entry) -> list[Finding]:
    """List the findings about ``entry`` as it is stored, errors first. Writes nothing."""
    offer = offer_of(entry)
    findings = [
        *_prices(entry),
        *_prices_out_of_reach(offer),
        *_tax(entry),
        *_names(entry),
        *_limits(offer),
        *_fields(entry),
        *_supply(entry),
        *_vocational(entry),
    ]
    if not offer.is_installed:
        findings += _missing(entry)
    elif offer.handler is not None:
        findings += [*_of_handler(offer.handler, offer), *_of_sold(offer)]
    return _worst_first(findings)


def _worst_first(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: [Level.ERROR, Level.WARNING, Level.INFO].index(finding.level))


def check_entries() -> list[tuple[Entry, Finding]]:
    """List the findings about every entry that is not retired, entry by entry."""
    entries = Entry.objects.exclude(state=EntryState.RETIRED).with_prices().with_fields().order_by("code")
    return [(entry, finding) for entry in entries for finding in check_entry(entry)]


def _prices(entry: Entry) -> Iterator[Finding]:
    try:
        tier_for(tiers_of(entry), 1)
    except NoPrice:
        yield Finding(Level.ERROR, gettext_lazy("There is no price from quantity 1 on, so it cannot be bought."))


def _prices_out_of_reach(offer: Offer) -> Iterator[Finding]:
    most = offer.max_quantity
    beyond = [tier.from_quantity for tier in tiers_of(offer.entry) if most is not None and tier.from_quantity > most]
    if beyond:
        yield Finding(
            Level.WARNING,
            in_words(
                lambda: (
                    _("At most %(most)d are sold at once, so the price from %(n)d on is never reached.")
                    % {"most": most, "n": min(beyond)}
                )
            ),
            field="max_quantity",
        )


def _tax(entry: Entry) -> Iterator[Finding]:
    if not entry.tax.is_decided:
        yield Finding(
            Level.ERROR,
            in_words(
                lambda: (
                    _("Its tax code “%(name)s” is to be decided: choose its kind. Until then nobody can buy the entry.")
                    % {"name": entry.tax}
                )
            ),
            field="tax",
        )


def _supply(entry: Entry) -> Iterator[Finding]:
    if entry.supply == Supply.UNSAID:
        yield Finding(
            Level.INFO,
            gettext_lazy("It does not say how it is given, so it is taxed where the shop is, whoever buys it."),
            field="supply",
        )


def _vocational(entry: Entry) -> Iterator[Finding]:
    if entry.vocational == Vocational.UNSAID:
        yield Finding(
            Level.WARNING,
            gettext_lazy("It does not say whether it is vocational training, so private persons cannot buy it."),
            field="vocational",
        )


def _names(entry: Entry) -> Iterator[Finding]:
    for code in languages():
        if not getattr(entry, f"name_{code}"):
            yield Finding(Level.WARNING, _name_missing(code), field=f"name_{code}")


def _name_missing(code: str) -> Text:
    def say() -> str:
        language = get_language_info(code)["name_translated"]
        return _("The name in %(language)s is missing; another language is shown instead.") % {"language": language}

    return in_words(say)


def _limits(offer: Offer) -> Iterator[Finding]:
    if offer.handler is None:
        return
    most, entry = offer.handler.max_quantity, offer.entry
    if most is not None and entry.min_quantity > most:
        yield Finding(
            Level.ERROR,
            in_words(
                lambda: (
                    _("The smallest quantity is above the %(n)d that the handler allows, so nobody can buy it.")
                    % {"n": most}
                )
            ),
            field="min_quantity",
        )
    elif most is not None and (entry.max_quantity is None or entry.max_quantity > most):
        yield Finding(
            Level.INFO,
            in_words(lambda: _("The handler allows a quantity of %(n)d at most; that limit holds.") % {"n": most}),
            field="max_quantity",
        )
    if offer.audience != entry.audience:
        yield Finding(
            Level.INFO,
            in_words(
                lambda: (
                    _("The handler is stricter about who may buy; what holds is: %(audience)s.")
                    % {"audience": Audience(offer.audience).label}
                )
            ),
            field="audience",
        )


def _fields(entry: Entry) -> Iterator[Finding]:
    """Find faults of the fields asked for each unit that a constraint let through, and fields that cannot be
    answered."""
    for field in entry.fields.all():
        label = field_in_every_language(field, "label")
        for problem in problems_of(field):
            yield Finding(Level.ERROR, _about_field(label, problem.message), field="fields")
        for code in languages():
            if not getattr(field, f"label_{code}"):
                yield Finding(Level.WARNING, _about_field(label, _label_missing(code)), field="fields")
        if field.latest and field.latest < timezone.localdate():
            yield Finding(
                Level.ERROR if field.is_required else Level.WARNING,
                _about_field(label, gettext_lazy("the latest day is over, so no day can be chosen any more.")),
                field="fields",
            )


def _about_field(label: Mapping[str, str], message: Text) -> Text:
    return in_words(
        lambda: _("Field “%(label)s”: %(message)s") % {"label": in_reader_language(label), "message": message}
    )


def _label_missing(code: str) -> Text:
    def say() -> str:
        language = get_language_info(code)["name_translated"]
        return _("the label in %(language)s is missing; another language is shown instead.") % {"language": language}

    return in_words(say)


def _of_sold(offer: Offer) -> Iterator[Finding]:
    if what_is_sold(offer) is None:
        yield Finding(
            Level.ERROR,
            gettext_lazy("The handler could not say what this entry sells: it failed with an error of its own."),
            follows_from_sold=True,
        )


def _of_availability(offer: Offer, others: list[Finding]) -> Iterator[Finding]:
    """Tell that the courses are not open, in the words that customers read; an error found already says why."""
    if not offer.is_installed:
        return
    [available] = availability_of([offer], now=timezone.now())
    reason = available.reason
    if reason is not None and not any(finding.level is Level.ERROR for finding in others):
        yield Finding(
            Level.WARNING,
            in_words(
                lambda: _("Not on sale for the moment. Customers read: “%(reason)s”") % {"reason": reason.message}
            ),
            follows_from_sold=True,
        )


def _missing(entry: Entry) -> Iterator[Finding]:
    try:
        handler = handler_for(entry.handler, entry.code)
        if handler is not None:
            handler.upgrade(dict(entry.parameters), entry.handler_version)
    except HookBroken as broken:
        yield Finding(Level.ERROR, broken.fault.message)
    except HandlerMissing as missing:
        yield Finding(Level.ERROR, missing.message)
        problem = problem_with(entry.handler, entry.code)
        if problem is not None:
            yield Finding(Level.ERROR, problem.message)


def _of_handler(handler: Handler, offer: Offer) -> list[Finding]:
    # The handler sees the upgraded parameters; the stored ones stay.
    checked = copy.copy(offer.entry)
    checked.parameters = offer.parameters
    try:
        return handler.check(checked)
    except HookBroken as broken:
        # An extension that breaks in its own check must not break the merchant's page.
        return [Finding(Level.ERROR, broken.fault.message)]
