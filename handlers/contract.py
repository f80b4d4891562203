"""Contract of a handler: the automation that runs when a catalogue entry is bought.

A handler is one package with a ``handler.py`` that defines one subclass of ``Handler``. It imports this contract and
the floors below (``enrolments``, ``accounts``, ``outbox``), never the shop.

The engine around it promises:

* ``clean_units``, ``pre_payment`` run inside the transaction that places the order; a ``Refusal``
  rolls all of it back and its message is shown to the customer.
* ``post_payment`` runs once payment is confirmed, in a savepoint, under the lock of the order;
  afterwards, in the same transaction, ``attach_operator`` if the order has an operator.
  A visitor's order has none: there ``attach_operator`` runs when the order is claimed.
* The courses named by ``courses_to_lock`` are locked by key before any hook but ``check`` and
  ``is_offered_to``, and given to it as ``LineContext.courses``.
* Everything a hook wrote is rolled back when it raises. ``Refusal`` is final, ``Temporary`` (and any
  other exception) is tried again.

In return a handler works on sets (the number of statements does not depend on the number of units), reaches no network,
and finds its own work done when a hook runs a second time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from django import forms
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext_lazy

from accounts.members.models import CustomerAccount
from accounts.members.rights import Right, accounts_with
from accounts.people.models import User
from common.languages import in_every_language
from common.words import Text, in_words, paragraphs, sentences
from enrolments.courses.models import Course
from enrolments.values import Terms
from handlers.asked_fields import AskedField, fields_in_words
from handlers.errors import HandlerMissing, Refusal, UnitError, UnitErrors
from handlers.unit_fields import OfOneUnit, UniquePerUnit
from handlers.units import UnitContext, Units, runs_of
from outbox.errors import Temporary

__all__ = [
    "AskedField",
    "Audience",
    "Buyer",
    "DraftLine",
    "EntryToCheck",
    "Fact",
    "Feedback",
    "Finding",
    "Handler",
    "HandlerMissing",
    "Level",
    "LineContext",
    "OfOneUnit",
    "ParametersForm",
    "Refusal",
    "Revocation",
    "RevokeReason",
    "Sold",
    "Temporary",
    "Text",
    "UniquePerUnit",
    "UnitContext",
    "UnitError",
    "UnitErrors",
    "Units",
    "answers_to_store",
    "fields_in_words",
    "in_every_language",
    "in_words",
    "paragraphs",
    "runs_of",
    "sentences",
]


class Audience(StrEnum):
    """Buyers to whom a handler may be sold, from the widest circle to the narrowest."""

    EVERYONE = "everyone"
    MEMBERS = "members"
    CUSTOMERS = "customers"


class Level(StrEnum):
    """Severity of a finding: an ``ERROR`` means that a sale would be refused or fail."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """Remark of a handler about an entry, in plain words for the merchant.

    ``field`` names the internal parameter concerned, "" for the entry as a whole. ``follows_from_sold``: every page
    sees the fault by itself in what ``Handler.sold`` returns and in the state of its courses; it is not stored.
    """

    level: Level
    message: Text
    field: str = ""
    follows_from_sold: bool = False


@dataclass(frozen=True)
class Fact:
    """Line of an entry's page, for customers: a label and a short text. Lazy texts."""

    label: Text
    text: Text


@dataclass(frozen=True)
class Sold:
    """Contents of an entry: what decides whether it can be bought at this moment, and what its page says.

    ``courses`` are short names; each must be open, with ``places_per_unit`` left for each unit, unless ``role``, the
    code of the role in which people enter them, takes no place. ``course_list`` holds short names and patterns; one of
    the courses that it covers must be open, and an empty list asks nothing. ``terms`` are those of the enrolments:
    nothing is sold once nothing would be left of them.
    """

    courses: Collection[str] = ()
    role: str = ""
    places_per_unit: int = 1
    course_list: str | None = None
    terms: Terms = field(default_factory=Terms)
    facts: Sequence[Fact] = ()


def answers_to_store(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return cleaned answers as an order keeps them and every hook sees them: dates in ISO 8601, amounts in digits."""
    stored: dict[str, Any] = json.loads(json.dumps(dict(cleaned), cls=DjangoJSONEncoder))
    return stored


@dataclass(frozen=True)
class Buyer:
    """Buyer of the units whose forms are made: a person signed in, None for a visitor.

    For the forms of an order already placed `account_id` is the account that owns it, and nobody chooses any more.
    """

    user: User | None = None
    account_id: int | None = None

    @property
    def is_choosing(self) -> bool:
        return self.account_id is None

    def accounts(self) -> list[int]:
        """Return the keys of the accounts whose seats and people the buyer may choose from: those for which they buy
        and place people. One query for a person who chooses."""
        if self.account_id is not None:
            return [self.account_id]
        if self.user is None:
            return []
        buying = accounts_with(self.user, Right.BUY) & accounts_with(self.user, Right.MANAGE_SEATS)
        return list(buying.order_by().values_list("pk", flat=True))


@dataclass(frozen=True)
class DraftLine:
    """Line that is about to be placed, as ``clean_units`` sees it.

    ``index`` is its place among the lines of the whole order, the one that ``UnitError.line_index`` names.
    """

    index: int
    entry_code: str
    parameters: Mapping[str, Any]
    units: Units

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", Units.of(self.units))


@dataclass(frozen=True)
class LineContext:
    """Line of an order: a plain value, and all that a hook may know.

    ``account`` owns the order (without a member while a visitor's order is unclaimed). ``buyer`` is the signed-in
    person who placed it, None for a visitor, who is known by ``contact_email`` alone, an address that nobody has
    proved, and the ``contact_name`` typed with it. ``operator`` is the order's operator now, an owner if the one chosen
    left the account; None for an unclaimed order, and where no owner is left. ``parameters`` are the internal
    parameters frozen on the line; ``paid_at`` is None before payment. ``courses`` are those locked for the hook, read
    under their locks, by the names that ``courses_to_lock`` gave; a name that belongs to no course is missing.
    ``fields_asked`` are the entry's own fields as they were when the order was placed: labels and choices for reading
    ``UnitContext.fields``. ``units`` are those not given back: their number (``len``) costs nothing, each object is
    made on demand. A line without forms may have a hundred thousand, so count them, and pass their indexes on as
    ranges (``runs_of``). ``move_days_before`` are the days before a course until which the account may move people,
    None for no limit; ``entry_ref`` (``handlers.delivery``) passes them on.
    """

    order_id: int
    order_number: str
    line_id: int
    account: CustomerAccount
    buyer: User | None
    contact_email: str
    operator: User | None
    language: str
    entry_code: str
    entry_name: Mapping[str, str]
    quantity: int
    parameters: Mapping[str, Any]
    units: Units
    paid_at: datetime | None
    now: datetime
    courses: Mapping[str, Course] = field(default_factory=dict)
    fields_asked: tuple[AskedField, ...] = ()
    contact_name: str = ""
    move_days_before: int | None = None

    def __post_init__(self) -> None:
        # A test may pass a tuple or a list.
        object.__setattr__(self, "units", Units.of(self.units))


@dataclass(frozen=True)
class Feedback:
    """Message of a hook to three audiences. Lazy texts; "" for none.

    ``public`` stands on the order's page, which a visitor sees with any e-mail typed: it never depends on a person.
    ``customer`` is for the members of the account, so it is mailed or shown only once the order belongs to a claimed
    account. ``sales`` is for the sales team.

    Feedback is kept with the order for good, so it copies no name and no address: it refers to a participant by the
    number of their unit.
    """

    public: Text = ""
    customer: Text = ""
    sales: Text = ""

    def __or__(self, later: Feedback) -> Feedback:
        """Return both, one after the other, for each audience."""
        return Feedback(
            public=paragraphs(self.public, later.public),
            customer=paragraphs(self.customer, later.customer),
            sales=paragraphs(self.sales, later.sales),
        )

    def in_every_language(self) -> dict[str, dict[str, str]]:
        """Return the texts by audience (``public``, ``customer``, ``sales``), then by language code."""
        return {
            "public": in_every_language(self.public),
            "customer": in_every_language(self.customer),
            "sales": in_every_language(self.sales),
        }


class RevokeReason(StrEnum):
    """Reason for which units are taken back."""

    UNPAID = "unpaid"  # the order was cancelled or expired before it was paid, or lost its places for a while
    REFUNDED = "refunded"
    CANCELLED = "cancelled"  # given back by the merchant without money


@dataclass(frozen=True)
class Revocation:
    """Reason and actor of units taken back.

    ``note`` is the reason in the merchant's own words, kept with the history. ``include_consumed`` is the merchant's
    explicit yes to taking back units that people have begun to use.
    """

    why: RevokeReason
    by: User | None = None
    include_consumed: bool = False
    note: str = ""


class ParametersForm(forms.Form):
    """Internal parameters of a handler, one typed field each (see ``handlers.parameter_fields``).

    Made from data it validates; ``to_parameters`` gives the JSON that is stored on the entry. ``without_effect`` names
    the parameters of older shops that a string may still have and that mean nothing here.
    """

    without_effect: ClassVar[frozenset[str]] = frozenset()

    def to_parameters(self) -> dict[str, Any]:
        """Return the cleaned values as JSON: dates in ISO 8601, courses and roles by name, None for blank."""
        return {name: _to_json(self.fields[name], value) for name, value in self.cleaned_data.items()}

    @classmethod
    def default_parameters(cls) -> dict[str, Any]:
        """Return the parameters of an entry for which nothing was typed."""
        form = cls()
        return {name: _to_json(field, form.get_initial_for_field(field, name)) for name, field in form.fields.items()}


def _to_json(field: forms.Field, value: Any) -> Any:
    to_json = getattr(field, "to_json", None)
    if to_json is not None:
        return to_json(value)
    return None if value == "" else value


class EntryToCheck(Protocol):
    """Part of a catalogue entry that ``Handler.check`` may read."""

    code: str
    parameters: Any
    min_quantity: int
    max_quantity: int | None
    audience: str


class Handler:
    """Base of every handler; all hooks do nothing by default.

    A subclass sets ``name`` to the name of its folder. Handlers carry no state: one instance serves all.
    """

    name: ClassVar[str] = ""
    version: ClassVar[int] = 1
    label: ClassVar[Text] = ""
    summary: ClassVar[Text] = ""

    MerchantForm: ClassVar[type[ParametersForm]] = ParametersForm
    UnitForm: ClassVar[type[forms.Form] | None] = None
    # A unit may be left wholly blank, to be filled in later; then the entry's own fields are not asked of it either,
    # required or not.
    units_may_be_blank: ClassVar[bool] = False
    # Each line enrols its buyer and nobody else: pages and mails then speak to one person, not of seats and people.
    enrols_buyer: ClassVar[bool] = False

    audience: ClassVar[Audience] = Audience.EVERYONE
    # Told to a person to whom `is_offered_to` says no.
    why_not_offered: ClassVar[Text] = gettext_lazy("You have this already, so you cannot buy it again.")
    max_quantity: ClassVar[int | None] = None

    def check(self, entry: EntryToCheck) -> list[Finding]:
        """Return faults of the entry as of today; shown when it is saved and by ``check_entries``."""
        return []

    def is_offered_to(self, params: Mapping[str, Any], user: User, *, now: datetime) -> bool:
        """Tell whether a signed-in person may buy this at all; never asked for a typed address.

        Asked on the entry's page and at checkout, not in lists: it may cost queries.
        """
        return True

    def unit_form(
        self, params: Mapping[str, Any], *, buyer: Buyer, answers: Sequence[Mapping[str, Any]], now: datetime
    ) -> type[forms.Form] | None:
        """Return the micro-form for one buyer, where its choices are the buyer's: a subclass of ``UnitForm``.

        ``answers`` are those given so far, so that what they refer to is looked up for all units at once: it is asked
        once for all the units of a line. The form refuses at its field all that the buyer may not choose.
        """
        return self.UnitForm

    def units_made(self, params: Mapping[str, Any]) -> int:
        """Return the number of rows that one unit makes at delivery (the shop caps the sum)."""
        return 1

    def charged_units(self, params: Mapping[str, Any], units: Sequence[UnitContext]) -> int:
        """Return the number of units that are charged; pure, at least 1 for at least one unit."""
        return len(units)

    def courses(self, params: Mapping[str, Any]) -> Collection[str]:
        """Return the short names of the courses whose places the line takes when it is placed."""
        return ()

    def sold(self, params: Mapping[str, Any]) -> Sold:
        """Return what an entry with these parameters sells; pure: lists of entries ask it of each."""
        return Sold(courses=self.courses(params))

    def courses_to_lock(self, params: Mapping[str, Any]) -> Collection[str]:
        """Return the short names of every course that a hook may lock; those of ``courses`` and others."""
        return self.courses(params)

    def courses_of_units(self, params: Mapping[str, Any], units: Sequence[UnitContext]) -> Collection[str]:
        """Return the short names of further courses that a hook may lock because answers of units lead to them.

        May ask the database. Asked before any course is locked: a hook that then finds a course not among
        ``LineContext.courses`` raises ``Temporary``, or a ``Refusal`` before payment.
        """
        return ()

    def clean_units(self, lines: Sequence[DraftLine]) -> None:
        """Check rules across the units of all lines of an order with this handler.

        Raises ``UnitErrors`` with every error at once. The single forms of the units given are valid; in a cart, units
        whose form is not valid yet are left out.
        """

    def pre_payment(self, line: LineContext) -> Feedback:
        """Check and hold at checkout, before payment, all that the delivery will need.

        Database work only. Raises ``Refusal`` with a message for the customer.
        """
        return Feedback()

    def retake(self, line: LineContext) -> Feedback:
        """Hold again what ``pre_payment`` held and ``revoke`` gave back, or refuse.

        For money that came after the order had ended; for money, or the proof of the address, of a waiting order that
        had lost its places.
        """
        return self.pre_payment(line)

    def post_payment(self, line: LineContext) -> Feedback:
        """Deliver. Runs once payment is confirmed, never otherwise. Writes nothing that depends on the operator."""
        return Feedback()

    def attach_operator(self, line: LineContext) -> Feedback:
        """Write the rows that depend on ``line.operator``, after ``post_payment`` or at the claim."""
        return Feedback()

    def revoke(self, line: LineContext, units: Sequence[UnitContext], reason: Revocation) -> Feedback:
        """Take ``units`` back; for ``RevokeReason.UNPAID`` undo ``pre_payment`` (all units).

        Raises ``Refusal`` at a unit that cannot be taken back.
        """
        return Feedback()

    def upgrade(self, params: Mapping[str, Any], from_version: int) -> dict[str, Any]:
        """Return ``params``, written for ``from_version``, in the form of this version; unknown keys are kept."""
        return dict(params)
