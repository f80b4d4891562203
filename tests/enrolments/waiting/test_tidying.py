"""Places in waiting lists that ended long ago go; open ones stay."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from common.tidying import tidy
from enrolments.waiting.models import WaitingPlace
from enrolments.waiting.services import give_up
from tests.enrolments.waiting.given import full_course, waits

pytestmark = pytest.mark.django_db


def test_places_that_ended_long_ago_go():
    now = timezone.now()
    long_ago = now - timedelta(days=settings.RETENTION["waiting_places"] + 1)
    course, _seats = full_course(now=long_ago)
    old, lately, standing = (waits(course, now=long_ago) for _number in range(3))
    give_up(place=old, now=long_ago)
    give_up(place=lately, now=now)

    assert tidy("waiting_places", now=now) == 1
    assert set(WaitingPlace.objects.all()) == {lately, standing}
