"""Mails to people placed into a course."""

import pytest

from enrolments.grounds.notify import tell_enrolled
from enrolments.values import Period
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.given import NOW, days, new_line
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


def tell(users, course, *, language="en", key="seat:1", ends=90):
    account = CustomerAccountFactory(name="Ateliers <Martin> & fils", credit_limit=1)
    period = Period(NOW, NOW + days(ends) if ends else None)
    tell_enrolled(
        users=users,
        course=course,
        account=account,
        line=new_line(account),
        key=key,
        period=period,
        language=language,
        now=NOW,
    )


def test_the_mail_names_account_course_place_and_period():
    course = CourseFactory(name_en="Fire “safety” & more", place_en="Room 3\nLyon")

    tell([UserFactory(language="en")], course)

    mail = render_mail(Mail.objects.get(), blank_secrets=True)
    assert mail.subject == "You are enrolled in “Fire “safety” & more”"
    assert "Ateliers <Martin> & fils has enrolled you in the course “Fire “safety” & more”." in mail.text
    assert "Ateliers &lt;Martin&gt; &amp; fils" in mail.html
    assert "Room 3<br>Lyon" in mail.html
    assert "It is open to you until 31 May 2026" in mail.text


def test_it_is_in_the_persons_language_with_the_courses_french_name():
    course = CourseFactory(name_en="Fire safety", name_fr="Sécurité incendie")

    tell([UserFactory(language="fr")], course, language="en")

    mail = Mail.objects.get()
    assert (mail.language, mail.context["course_name"]) == ("fr", "Sécurité incendie")


def test_without_an_end_it_tells_none():
    tell([UserFactory()], CourseFactory(), ends=None)

    assert "until" not in render_mail(Mail.objects.get(), blank_secrets=True).text


def test_unproved_addresses_get_an_invitation_instead_and_nobody_is_told_twice():
    course = CourseFactory()
    users = [UserFactory(), UserFactory(is_address_proved=False)]

    tell(users, course)
    tell(users, course)

    assert sorted(Mail.objects.values_list("kind", "recipient")) == sorted(
        [("seat_assigned", users[0].email), ("invitation", users[1].email)]
    )


def test_each_occasion_is_told():
    course, users = CourseFactory(), [UserFactory()]

    tell(users, course, key="seat:1")
    tell(users, course, key="seat:2")

    assert Mail.objects.count() == 2
