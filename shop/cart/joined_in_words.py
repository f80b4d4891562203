"""Message about carts that were joined at a sign-in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.templatetags.money import grouped
from shop.cart.joining import LineJoined

NAMED_AT_MOST = 5


def in_words(lines: Sequence[LineJoined]) -> str:
    """Return sentences about the lines that came into the person's cart; the first few are named."""
    told = [_("Your account had a cart already: this one was joined to it.")]
    for line in lines[:NAMED_AT_MOST]:
        told += _about(line)
    if len(lines) > NAMED_AT_MOST:
        told.append(_("More lines were joined: please look at the cart."))
    return " ".join(told)


def _about(line: LineJoined) -> Iterator[str]:
    named = {"name": line.entry.name, "quantity": grouped(line.quantity)}
    if not line.was_in_both:
        yield _("Added: %(name)s, quantity %(quantity)s.") % named
        return
    yield _("In both carts: %(name)s, whose quantity is now %(quantity)s.") % named
    if line.units_kept:
        kept = ngettext("The form filled in is kept.", "All %(n)d forms filled in are kept.", line.units_kept)
        yield kept % {"n": line.units_kept}
    if line.units_waiting:
        waiting = ngettext(
            "One of them waits until the quantity is raised.",
            "%(n)d of them wait until the quantity is raised.",
            line.units_waiting,
        )
        yield waiting % {"n": line.units_waiting}
