"""Answers that are keys of what an account owns, put into words on the merchant's page of an order."""

import pytest
from django.urls import reverse
from django.utils import timezone

from common.moments import days_later
from enrolments.grounds.models import Ground
from enrolments.values import Terms
from tests.enrolments.given import given_session
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, place

pytestmark = pytest.mark.django_db


def test_an_extension_names_the_course_and_no_key(client):
    owner, now = MembershipFactory(is_owner=True), timezone.now()
    course = CourseFactory(name_en="Fire safety", name_fr="Incendie")
    ends = Terms(ends_at=days_later(now, 5))
    made = given_session(course, owner.account, learners=(UserFactory(),), terms=ends, now=now)
    ground = Ground.objects.get(line_id=made.batch.line_id, kind="seat")
    entry = EntryFactory(handler="std_extendenrolperiod", parameters={"extension": 30})
    cart = make_cart(entry, units=[{"target": f"ground-{ground.pk}"}], user=owner.user)
    order = place(cart, user=owner.user, account=owner.account, operator=owner.user)

    shown = client.get(reverse("admin:shop_order_change", args=[order.pk])).content.decode()

    assert f"ground-{ground.pk}" not in shown
    assert course.name in shown or "Fire safety" in shown or "Incendie" in shown
