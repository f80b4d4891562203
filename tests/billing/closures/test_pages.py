"""Closed periods in the administration and by the command."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from billing.closures.models import Closure
from billing.closures.services import FACTS_MISSING
from billing.closures.tasks import close_due_days
from billing.ledger.services import post
from billing.ledger.tasks import seal_entries
from tests.billing.closures.test_closing import closed, post_on
from tests.billing.test_ledger import money_in
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db

LIST = reverse("admin:billing_closure_changelist")
CLOSE = reverse("admin:billing_closure_close")
RIGHTS = ("billing.view_closure", "billing.close_period")


def test_staff_close_days_and_read_their_sums():
    post_on(date(2026, 11, 27), date(2026, 11, 28), amount=12345)
    browser = browser_of(staff(*RIGHTS))
    page = text_of(browser.get(CLOSE))
    assert "The books are open from 27 November 2026 on." in page

    answer = browser.post(CLOSE, {"through": "2026-11-28"}, follow=True)

    assert "2 days are closed." in text_of(answer)
    assert closed(closed_by__isnull=False) == ["2026-11-27", "2026-11-28"]
    row = text_of(browser.get(reverse("admin:billing_closure_change", args=[Closure.objects.latest("pk").pk])))
    assert "money in transit sandbox €123.45 €0.00 €246.90" in row


def test_a_refusal_is_told_at_the_day_and_what_was_typed_stays():
    post_on(date(2026, 11, 27))
    tomorrow = str((datetime.now(UTC) + timedelta(days=2)).date())

    page = browser_of(staff(*RIGHTS)).post(CLOSE, {"through": tomorrow})

    assert page.context["form"].errors == {"through": ["Only days that are over can be closed."]}
    assert f'value="{tomorrow}"' in page.content.decode()
    assert closed() == []


def test_closing_has_a_right_of_its_own():
    browser = browser_of(staff("billing.view_closure"))

    assert "Close days" not in text_of(browser.get(LIST))
    assert browser.post(CLOSE, {"through": "2026-11-28"}).status_code == 403


def test_the_command_closes_a_day_month_or_year(capsys):
    post_on(date(2025, 12, 30))
    call_command("close_period", "2025")

    assert capsys.readouterr().out.splitlines() == [
        "Closed: day 2025-12-30",
        "Closed: day 2025-12-31",
        "Closed: month 2025-12",
        "Closed: year 2025",
    ]
    with pytest.raises(CommandError, match="nothing to close"):
        call_command("close_period", "2025-12")
    with pytest.raises(CommandError, match="Not a day"):
        call_command("close_period", "soon")


def test_days_that_are_held_up_are_told_on_the_start_page_and_the_list_says_why():
    now = datetime.now(UTC)
    post([money_in("money_in:1", 100, at=now - timedelta(days=9))])
    browser = browser_of(staff("billing.view_closure"))

    [count] = browser.get("/admin/").context["counts"]
    assert (str(count.label), count.number, count.url) == ("Days of the books that are not closed", 6, LIST)
    assert "6 days should be closed and are not" in text_of(browser.get(LIST))
    assert "Entries of this day are still to be sealed." in text_of(browser.get(LIST))
    with FACTS_MISSING.temporarily("of a test", lambda: True):
        assert "Payments or orders are not in the ledger yet." in text_of(browser.get(LIST))
    seal_entries()
    assert "Nothing holds them up any more" in text_of(browser.get(LIST))

    close_due_days()
    assert browser.get("/admin/").context["counts"][0].number == 0
    assert "should be closed" not in text_of(browser.get(LIST))
