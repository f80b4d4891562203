"""Postal addresses: the value, its columns, its form fields and its lines.

Another part of billing addresses is added here (a field of `PostalAddress`, one of `PostalAddressForm`, a line) and as
a column of `Order` and of `CustomerAccount`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

from django import forms
from django.db.models import Model
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from common.countries import CountryField, CountrySelect
from common.fields import LineField, NameField
from common.typed import clean_line


@dataclass(frozen=True, kw_only=True)
class PostalAddress:
    """Name and postal address of an organisation or a person. Each part is one line; `country` is ISO 3166 alpha-2."""

    name: str
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = "FR"

    def __post_init__(self) -> None:
        for part in PARTS:
            object.__setattr__(self, part, clean_line(getattr(self, part)))

    @classmethod
    def of(cls, row: Model, *, prefix: str = "") -> PostalAddress:
        """Read the columns of a row. A part without a column there keeps its default; lines are joined by commas."""
        typed = {part: getattr(row, prefix + part) for part in PARTS if hasattr(row, prefix + part)}
        return cls(**{part: ", ".join(str(value).splitlines()) for part, value in typed.items()})

    def columns(self, *, prefix: str = "") -> dict[str, str]:
        """Return the values by the name of the column, for a row that has a column for each part."""
        return {prefix + part: getattr(self, part) for part in PARTS}

    @property
    def town(self) -> str:
        return f"{self.postal_code} {self.city}".strip()

    @property
    def lines_below_name(self) -> list[str]:
        """Lines of the address without the name: no line for a blank part, no country where the other parts are
        blank."""
        country = str(countries.name(self.country)) if self.street or self.town else ""
        return [line for line in (self.street, self.town, country) if line]

    @property
    def lines(self) -> list[str]:
        """Lines to show, the country in the reader's language."""
        return [line for line in (self.name, *self.lines_below_name) if line]


PARTS = tuple(part.name for part in fields(PostalAddress))


class PostalNameField(NameField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Name on the invoice"),
            help_text=_("The organisation's name, or yours if you buy as a private person."),
            widget=forms.TextInput(attrs={"autocomplete": "organization"}),
            **options,
        )


class PostalAddressForm(forms.Form):
    """Base of forms that ask for a billing address: one required field for each part.

    A form that posts a part by another name sets the part's field to None and says so in `renamed`.
    """

    name = PostalNameField()
    street = LineField(
        label=_("Street and number"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "street-address"})
    )
    postal_code = LineField(
        label=_("Postal code"), max_length=20, widget=forms.TextInput(attrs={"autocomplete": "postal-code"})
    )
    city = LineField(label=_("City"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "address-level2"}))
    country = CountryField(label=_("Country"), initial="FR", widget=CountrySelect(attrs={"autocomplete": "country"}))

    renamed: ClassVar[dict[str, str]] = {}

    @classmethod
    def initial_of(cls, address: PostalAddress) -> dict[str, str]:
        """Return the initial values with which the fields show an address."""
        return {cls.renamed.get(part, part): value for part, value in address.columns().items()}

    def address_fields(self) -> list[BoundField]:
        names = (self.renamed.get(part, part) for part in PARTS)
        return [self[name] for name in names if name in self.fields]

    def to_address(self) -> PostalAddress:
        """Return the address typed; for a valid form."""
        return PostalAddress(**{part: self.cleaned_data[self.renamed.get(part, part)] for part in PARTS})
