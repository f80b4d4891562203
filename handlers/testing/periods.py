"""The period of an enrolment, as examples of handlers that enrol give it to the forms' fields."""

import datetime

_THIS_YEAR = datetime.datetime.now(datetime.UTC).year

PERIOD = {"starttime": f"{_THIS_YEAR}-01-01", "endtime": f"{_THIS_YEAR + 1}-12-31T18:00:00+01:00", "duration": 90}
