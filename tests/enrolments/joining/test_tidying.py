"""Old join links go, the seats taken by them stay."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from common.tidying import tidy
from enrolments.joining.make import revoke_link
from enrolments.joining.models import JoinCode, JoinLink
from enrolments.seats.models import Seat
from tests.enrolments.given import given_pack
from tests.enrolments.joining.given import code, given_link, joins
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


def test_links_that_are_over_go_with_their_codes_and_uses():
    now, bob, course = timezone.now(), UserFactory(), CourseFactory()
    made, long_over = now - timedelta(days=900), now - timedelta(days=settings.RETENTION["join_links"] + 1)
    batch = given_pack(CustomerAccountFactory(), seats=4, now=made)[0].batch

    def link(ends_at):
        return given_link(batch, bob, course=course, has_codes=True, now=made, ends_at=ends_at)

    ended, withdrawn, lately, standing = link(long_over), link(now), link(now), link(now + timedelta(days=9))
    joins(code(ended), "ada@example.org", now=made)
    revoke_link(link=withdrawn, actor=bob, now=long_over)

    assert tidy("join_links", now=now) == 2
    assert set(JoinLink.objects.all()) == {lately, standing}
    assert JoinCode.objects.count() == 2
    assert Seat.objects.filter(state="assigned").count() == 1
