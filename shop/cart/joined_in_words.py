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
    told = [_("There was a cart in your account already; it was joined with the one from here.")]
    for line in lines[:NAMED_AT_MOST]:
        told += _about(line)
    if len(lines) > NAMED_AT_MOST:
        told.append(_("More lines were joined: please look at the cart."))
    return " ".join(told)


def _about(line: LineJoined) -> Iterator[str]:
    named = {"name": line.entry.name, "quantity": grouped(line.quantity)}
    if not line.was_in_both:
        yield _("%(name)s came in from here, %(quantity)s ×.") % named
        return
    yield _("%(name)s was in both and is there %(quantity)s × now.") % named
    if line.units_kept:
        kept = ngettext(
            "The form filled in for it is kept.", "All %(n)d forms filled in for it are kept.", line.units_kept
        )
        yield kept % {"n": line.units_kept}
    if line.units_waiting:
        waiting = ngettext(
            "One of them waits until the quantity is raised.",
            "%(n)d of them wait until the quantity is raised.",
            line.units_waiting,
        )
        yield waiting % {"n": line.units_waiting}
