"""What tests of several handlers need."""

import pytest

from tests.factories.enrolments import CourseFactory


@pytest.fixture
def course():
    """An open course with ten places."""
    return CourseFactory(short_name="SEC-01", name_en="Fire safety", capacity=10)
