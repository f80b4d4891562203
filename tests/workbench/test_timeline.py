"""Stories of the demo are told in order of time, whatever the order in which they are named."""

from datetime import UTC, datetime, timedelta

import pytest

from workbench.demo.timeline import Clock, tell

TODAY = datetime(2026, 11, 30, 12, tzinfo=UTC)


def story(clock, seen, name, *days):
    for day in days:
        yield day
        seen.append((name, (clock.today - clock.now) / timedelta(days=1)))


def test_steps_of_all_stories_are_in_order_of_time():
    clock, seen = Clock(TODAY), []

    tell([story(clock, seen, "a", 5, 1), story(clock, seen, "b", 9, 5, 0.5), story(clock, seen, "c")], clock)

    assert seen == [("b", 9), ("a", 5), ("b", 5), ("a", 1), ("b", 0.5)]


def test_no_story_goes_back_in_time():
    clock = Clock(TODAY)

    with pytest.raises(ValueError, match="is over"):
        tell([story(clock, [], "a", 1, 2)], clock)
