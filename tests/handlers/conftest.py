"""What tests of several handlers need."""

import pytest
from django.utils import translation

from tests.factories.enrolments import CourseFactory


@pytest.fixture(autouse=True)
def _english():
    """What handlers say is read in English, whatever the shop's own language is."""
    with translation.override("en"):
        yield


@pytest.fixture
def course():
    """An open course with ten places."""
    return CourseFactory(short_name="SEC-01", name_en="Fire safety", capacity=10)
