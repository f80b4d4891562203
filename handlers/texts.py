"""Texts that are said in the reader's language, not in the writer's.

A handler runs in a worker for a customer, a merchant and a sales team who may read different
languages. So what it says stays lazy until somebody renders it: ``gettext_lazy`` for a fixed text,
``in_words`` for one with numbers or names in it (``gettext_lazy("…") % {…}`` would be translated at
once, in the worker's language).
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise, lazy

Text = str | Promise


def in_words(say: Callable[[], str]) -> Text:
    """A text made by ``say`` each time it is read, in the language active then.

    ``in_words(lambda: ngettext("%(n)d seat", "%(n)d seats", n) % {"n": n})``
    """
    text: Text = lazy(say, str)()
    return text


def paragraphs(*texts: Text) -> Text:
    """The texts that are not empty, each on a line of its own, still lazy."""
    return in_words(lambda: "\n".join(said for said in (str(text) for text in texts) if said))


def in_every_language(text: Text) -> dict[str, str]:
    """``text`` by language code, for every language of the shop."""
    said = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            said[code] = str(text)
    return said
