"""Names on the pages of a session and its seats: each link leads to a page that is there."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.people.delegation.models import Delegation
from tests.enrolments.given import NOW, given_session
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

PERSON = re.compile(r'href="(/account/(?:\d+/)?people/\d+/)"')


def test_no_name_links_to_a_page_that_is_not_there():
    owner = MembershipFactory(user__first_name="Olga", user__last_name="Own")
    learner = UserFactory()
    Delegation.objects.create(
        account=owner.account, operator=owner.user, person=learner, email=learner.email, first_name="Ada",
        last_name="Byron", created_at=NOW,
    )  # fmt: skip
    made = given_session(CourseFactory(), owner.account, learners=(owner.user, learner), operator=owner.user)
    client = Client()
    client.force_login(owner.user)

    pages = [f"/account/sessions/{made.batch.group_id}/"]
    pages += [f"/account/seats/{seat.pk}/" for seat in made.batch.seats.all()]
    shown = [client.get(page, follow=True).content.decode() for page in pages]

    assert "Olga Own" in shown[0]
    linked = {link for html in shown for link in PERSON.findall(html)}
    assert len(linked) == 1
    assert [client.get(link, follow=True).status_code for link in linked] == [200]
