"""Entries of a handler that takes every kind of parameter, typed and stored; the fixture `every_field` registers it."""

from catalog.models.entries import Entry
from tests.catalog.handlers import EveryFieldForm
from tests.factories.catalog import EntryFactory

CFG = "cfg_ext_everyfield_"
DEFAULTS = EveryFieldForm.default_parameters()


def filled(**values: object) -> dict[str, object]:
    """Return the form values of the chosen handler with all its fields, as posted by a browser."""
    fields = {
        "course": "SEC-01",
        "courselist": ["SEC-*", "ELEC-01"],
        "role": "tutor",
        "packsize": "5",
        "duration": "30",
        "starttime_0": "2027-01-04",
        "starttime_1": "08:30:00",
        "endtime_0": "2027-03-31",
        "endtime_1": "",
        "autoenrol": "on",
        **values,
    }
    return {"handler": "ext_everyfield", **{CFG + name: value for name, value in fields.items()}}


def entry_with(**parameters: object) -> Entry:
    return EntryFactory(handler="ext_everyfield", handler_version=3, parameters=DEFAULTS | parameters)


def stored() -> dict[str, object]:
    return Entry.objects.get().parameters
