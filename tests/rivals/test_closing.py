"""At the same moment.

A day of the books is closed while a payment is posted on it.
"""

from datetime import date

from django.db import transaction

from billing.closures import services as closing
from billing.closures.models import Closure
from billing.closures.services import close_days
from billing.closures.verifying import faults_of_closures
from billing.ledger import services as ledger
from billing.ledger.models import LedgerEntry
from billing.ledger.tasks import seal_entries
from tests.billing.closures.test_closing import LATER, at, post_on
from tests.billing.test_ledger import money_in
from tests.rivals.processes import Rival, errors_among, race

DAY = date(2026, 11, 28)
# The day's entries have been counted; the closure is written next.
ABOUT_TO_CLOSE = [(closing, "_write")]
# The entry is written; the commit is next.
POSTED = [(ledger, "post")]


def post_late() -> None:
    with transaction.atomic():
        ledger.post([money_in("late", at=at(DAY))])


def close() -> None:
    close_days(through=DAY, now=LATER)


def day_of_late_entry() -> date:
    seal_entries()
    return LedgerEntry.objects.get(fact="late").posted_on


def test_who_closes_is_refused_while_an_entry_of_that_day_is_being_posted():
    post_on(DAY)

    answers = race(Rival(post_late, after=POSTED), Rival(close, before=ABOUT_TO_CLOSE), in_turn=True)

    assert errors_among(answers) == ["BooksBusy"]
    assert day_of_late_entry() == DAY
    close()
    assert list(faults_of_closures()) == []


def test_who_posts_waits_for_the_closure_and_takes_the_next_day():
    post_on(DAY)

    answers = race(Rival(close, before=ABOUT_TO_CLOSE), post_late, in_turn=True)

    assert errors_among(answers) == []
    assert answers[1].kept_away
    assert str(day_of_late_entry()) == "2026-11-29"
    assert list(faults_of_closures()) == []


def test_two_who_close_make_one_closure():
    post_on(DAY)

    assert errors_among(race(close, close, before=ABOUT_TO_CLOSE)) == ["BooksBusy"]
    assert Closure.objects.count() == 1


def everybody_alone() -> None:
    closing._alone = lambda day: None


def test_control_without_the_lock_an_entry_is_left_out_of_the_sums():
    post_on(DAY)

    race(Rival(post_late, after=POSTED), Rival(close, before=ABOUT_TO_CLOSE), in_turn=True, without=everybody_alone)

    assert day_of_late_entry() == DAY
    assert [fault for fault in faults_of_closures() if "its sums are not" in fault]
