"""Period of an enrolment, in the spelling of the forms' fields, for examples of handlers that enrol."""

import datetime

_THIS_YEAR = datetime.datetime.now(datetime.UTC).year

PERIOD = {
    "starttime": f"{_THIS_YEAR}-01-01",
    "endtime": f"{_THIS_YEAR + 1}-12-31T18:00:00+01:00",
    "duration": 90,
    "qualification": 24,
}
