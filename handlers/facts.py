"""Facts about what is sold, in words for customers, shared by the handlers that enrol."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from common.templatetags.money import grouped
from common.words import end_in_words, start_in_words
from enrolments.values import Terms
from handlers.contract import Fact, Text, in_words


def period_facts(terms: Terms) -> Iterator[Fact]:
    """Yield the length of the access and its first and last day, as far as the entry sets them."""
    starts, ends, days = terms.starts_at, terms.ends_at, terms.duration_days
    if days:
        yield Fact(gettext_lazy("Length of access"), days_in_words(days))
    if terms.qualification_months:
        yield Fact(gettext_lazy("Qualification"), months_in_words(terms.qualification_months))
    if starts is not None:
        yield Fact(gettext_lazy("Access from"), in_words(lambda: start_in_words(starts)))
    if ends is not None:
        yield Fact(gettext_lazy("Access until"), in_words(lambda: end_in_words(ends)))


def days_in_words(days: int) -> Text:
    return _number(days, lambda: ngettext("%(n)s day", "%(n)s days", days))


def months_in_words(months: int) -> Text:
    return _number(months, lambda: ngettext("valid for %(n)s month", "valid for %(n)s months", months))


def seats_in_words(seats: int) -> Text:
    return _number(seats, lambda: ngettext("%(n)s seat", "%(n)s seats", seats))


def free_tutors_in_words(tutors: int) -> Text:
    return _number(
        tutors,
        lambda: ngettext(
            "%(n)s tutor takes part free of charge, never more than the seats that are paid",
            "up to %(n)s tutors take part free of charge, never more than the seats that are paid",
            tutors,
        ),
    )


def assignable_in_words(days: int) -> Text:
    return _number(days, lambda: _("for %(days)s after payment") % {"days": days_in_words(days)})


def enterable_in_words(days: int) -> Text:
    return _number(days, lambda: _("within %(days)s of the assignment") % {"days": days_in_words(days)})


def _number(number: int, say: Callable[[], str]) -> Text:
    """Return a lazy text with the number in the reader's format."""
    return in_words(lambda: say() % {"n": grouped(number)})
