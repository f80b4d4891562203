"""Refusals of the catalogue, each with the form field to blame."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.refusals import Refused
from common.words import in_words


class EntryRefused(Refused):
    """An entry cannot be saved."""


class EntryChangedMeanwhile(EntryRefused):
    """Another person saved the entry after it was read."""

    message = gettext_lazy(
        "Somebody else has changed this entry since you opened it, so nothing was saved. "
        "Open it again in another tab, compare, and make your changes there."
    )


class CodeFixed(EntryRefused):
    """The code of an entry that was sold or has a specific handler stays as it is."""

    field = "code"

    def __init__(self, code: str, *, sold: bool) -> None:
        def say() -> str:
            if sold:
                return _("The code “%(code)s” stands on orders, so it can no longer be changed.") % {"code": code}
            return _(
                "The specific handler is found by the code “%(code)s”. To change the code, first choose "
                "another handler and save."
            ) % {"code": code}

        super().__init__(in_words(say))


class CodeTaken(EntryRefused):
    """Another entry has the code, perhaps in another case."""

    field = "code"
    message = gettext_lazy("Another entry has this code already.")


class FolderTaken(EntryRefused):
    """Another entry is bound to the same specific handler."""

    field = "handler"
    message = gettext_lazy(
        "Another entry uses the same specific handler, because its code differs by hyphens and underscores only."
    )


class HandlerNotInstalled(EntryRefused):
    """The chosen handler is missing."""

    field = "handler"


class UnknownParameters(EntryRefused):
    """Parameters that the handler does not have."""

    field = "handler"

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            in_words(lambda: _("The handler has no parameter named %(names)s.") % {"names": ", ".join(names)})
        )


class NameMissing(EntryRefused):
    """No name in any language."""

    message = gettext_lazy("An entry needs a name in one language at least.")


class FirstPriceMissing(EntryRefused):
    """No price from quantity 1 on."""

    field = "tiers"
    message = gettext_lazy("There must be a price from quantity 1 on.")


class ImageRefused(EntryRefused):
    """The uploaded file is no image that the shop can show."""

    field = "image"


class CategoryRefused(Refused):
    """A category cannot be saved."""

    field = "parent"


class CategoryLoop(CategoryRefused):
    """A category would stand inside itself."""

    message = gettext_lazy("A category cannot stand inside itself or inside a category of its own.")


class TooDeep(CategoryRefused):
    """The tree of categories would have more levels than the shop allows."""

    message = gettext_lazy("Categories can stand in each other up to six levels deep. Choose one higher up.")
