"""Fields of a micro-form that say what they are among the units of a line.

class ParticipantEmail(UniquePerUnit, forms.CharField): ...
"""

from __future__ import annotations

from django import forms


class OfOneUnit(forms.Field):
    """Field whose answer belongs to one unit alone: *Copy from unit 1* leaves it out."""


class UniquePerUnit(OfOneUnit):
    """Field whose answer differs for every unit of a line: one given twice is an error at its field, as soon as it is
    sent."""
