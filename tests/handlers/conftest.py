"""Fixtures for tests of several handlers."""

import pytest
from django.utils import translation

from tests.factories.enrolments import CourseFactory


@pytest.fixture(autouse=True)
def _english():
    """Read handlers' texts in English, whatever the shop's own language is."""
    with translation.override("en"):
        yield


@pytest.fixture
def course():
    """Return an open course with ten places."""
    return CourseFactory(short_name="SEC-01", name_en="Fire safety", capacity=10)
