"""How long to wait is said in whole minutes, from an hour on in whole hours, never too short."""

import pytest
from django.utils import translation

from accounts.rate_limits.services import TooOften


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1, "wait a minute and"),
        (60, "wait a minute and"),
        (61, "wait 2 minutes and"),
        (3540, "wait 59 minutes and"),
        (3541, "wait an hour and"),
        (3600, "wait an hour and"),
        (3601, "wait 2 hours and"),
        (86_400, "wait 24 hours and"),
    ],
)
def test_the_wait_is_rounded_up(seconds, said):
    with translation.override("en"):
        assert said in str(TooOften("order", seconds))
