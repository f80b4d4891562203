"""The benchmark itself works: all of it, at sizes at which its figures say nothing."""

import json
import os
import subprocess
import sys

import pytest

from tests.servers import PROJECT

OURS = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "AMPHI_TEST_FOLDER")
COMPARED = {
    "delivery of 20 seats / bare INSERTs": 0.6,
    "delivery of 20 seats, 500 sold / none sold": 1.2,
    "session of 3 new people / bare INSERTs": 3.5,
    "list of 3 new people placed / bare INSERTs": 4.0,
    "5 people taken off their seats by a job / bare statements": 8.0,
    "page of a list being placed / before it began": 3.0,
    "storefront page, 4 visitors / filled from constants": 2.0,
    "entry page, 4 visitors / filled from constants": 2.0,
    "cart page, 4 visitors / filled from constants": 2.0,
    "operator's list, 500 seats / 50": 1.3,
    "list of people, 200 / 20": 1.5,
    "counts of 500 seats / bare GROUP BY": 1.5,
    **{
        f"{handler}: {what}": limit
        for handler in ("std_generateseats", "std_setuponecoursesession", "std_enroloncourse", "ext_paperdiploma")
        for what, limit in (("purchase, pages together / filled from constants", 4.5), ("requests", 1))
    },
    "delivery of 10 seats / its statements sent bare": 4.0,
    **{
        f"search of {what}, 400 orders / 200": 1.5
        for what in (
            *("orders by number", "orders by bank reference", "orders by amount", "orders by entry code"),
            *("orders by customer", "orders by operator", "orders by participant", "orders by purchase reference"),
            *("seats by order number", "seats by customer", "seats by participant"),
            *("mails by order number", "mails by customer", "mails by address"),
            *("people by name", "accounts by name", "payments by bank reference", "payments by amount"),
            *("jobs by key", "everything by name", "everything by order number"),
        )
    },
    "entry's form in the administration / entry page filled from constants": 20.0,
    "claim, 20 mails due / 5": 1.5,
    "order settled with its invoice / without one": 2.0,
    "PDF, CII and UBL of 1 lines / typst alone": 3.0,
    "PDF, CII and UBL of 40 lines / typst alone": 3.0,
    "200 entries sealed / 10 times 20": 1.5,
    "day of 200 entries closed / 10 times one of 20": 1.5,
    "FEC of 400 lines made / 10 times 40": 1.5,
    "bank statement of 200 lines imported / 10 times 20": 1.5,
    "sweep over 200 open payments / 10 times 20": 1.5,
    "20 of 200 open payments asked about / of 20": 1.5,
    **{
        f"{what}, memory / allowed": 1.0
        for what in (
            "FEC of 400 lines made",
            *("day of 200 entries closed", "bank statement of 200 lines imported", "sweep over 200 open payments"),
        )
    },
    "paid order delivered, 20 mails due, silent mail server / promised": 1.0,
}


@pytest.mark.long
def test_it_measures_everything_it_promises(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name not in OURS}

    done = subprocess.run(
        [sys.executable, "-m", "bench", "--tiny", "--results", str(tmp_path / "results.json")],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    assert {row["name"]: row["limit"] for row in rows if row["limit"] is not None} == COMPARED
    alone = [row["name"] for row in rows if row["limit"] is None]
    for handler in ("std_generateseats", "std_setuponecoursesession", "std_enroloncourse", "ext_paperdiploma"):
        assert f"{handler}: wait for the task" in alone
    assert "orders of 10 seats, 1 worker process" in alone
    assert "memory of the web server" in alone
    assert all(row["value"] > 0 for row in rows)
