"""Refusals: a service says no, in a sentence for the person who asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

if TYPE_CHECKING:
    from django.forms import BaseForm

Sentence = str | Promise

_WORD_BEGINS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Refused(Exception):
    """The one root of all refusals of services to a person; a refusal changes nothing.

    `message` is a sentence for that person, lazy or plain; a class may have a standard sentence, else each refusal is
    given its own. `code` does not depend on the sentence: it is the class's name in snake_case, unless the class sets
    another. `field` names the form field to blame, None for the whole form. Faults of code, and of messages from
    machines, are not refusals.
    """

    code: str = "refused"
    message: Sentence
    field: str | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "code" not in vars(cls):
            cls.code = _WORD_BEGINS.sub("_", cls.__name__).lower()

    def __init__(self, message: Sentence | None = None, *, field: str | None = None) -> None:
        if message is not None:
            self.message = message
        if field is not None:
            self.field = field
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


def add_refusal(form: BaseForm, refusal: Refused) -> None:
    """Show a refusal in the form that was posted: at the field to blame if the form has it, else above all."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
