"""Stories of the demo, told strictly in order of time: what happens in one waits for what happened before in others.

So numbers of orders, entries of the ledger and histories have the order that they have in a shop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush

# Yields, before each of its steps, on which day this happens: so many days before today, never more than before.
Story = Iterator[float]


class Clock:
    """Moment at which the demo has arrived."""

    def __init__(self, today: datetime) -> None:
        self.today = today
        self.now = today
        self.has_begun = False

    def move_to(self, days_ago: float) -> None:
        """Go on to a later day. Raises ValueError for one that is over."""
        moment = self.today - timedelta(days=days_ago)
        if self.has_begun and moment < self.now:
            raise ValueError(f"{moment} is over: it is {self.now}.")
        self.now, self.has_begun = moment, True


def tell(stories: Iterable[Story], clock: Clock) -> None:
    """Tell stories to their ends; of steps at one moment, that of the story named first comes first."""
    waiting = [
        (-days, number, story) for number, story in enumerate(stories) if (days := next(story, None)) is not None
    ]
    heapify(waiting)
    while waiting:
        days_to_go, number, story = heappop(waiting)
        clock.move_to(-days_to_go)
        following = next(story, None)
        if following is not None:
            heappush(waiting, (-following, number, story))
