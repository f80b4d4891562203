"""Mails that lead to a learner's courses, in the learner's language."""

from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from accounts.links.services import NewLink, create_links
from enrolments.grounds.notify import tell_enrolled
from enrolments.people.mail_again import mail_again
from enrolments.values import Period, Terms
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.given import assign, at, days, given_pack, new_line
from tests.enrolments.learners import browser_of, text_of
from tests.factories.accounts import PASSWORD, CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

NOW = at("2026-03-02T09:00Z")
ENDS = at("2026-05-01T00:00+02:00")


@pytest.fixture
def course():
    return CourseFactory(name_en="Fire & rescue", name_fr="Incendie", place_en="Room 3\nLyon", place_fr="Salle 3")


def tell(users, course, *, ends=ENDS, language="en", now=NOW):
    account = CustomerAccountFactory(name="Ateliers")
    tell_enrolled(
        users=users,
        course=course,
        account=account,
        line=new_line(account),
        key=f"session:{new_line(account).line_id}",
        period=Period(NOW, ends),
        language=language,
        now=now,
    )


def rendered(mail):
    return render_mail(mail, blank_secrets=True)


def test_who_is_known_is_led_to_their_courses(course, settings):
    settings.SITE_URL = "https://shop.example.org"
    tell([UserFactory()], course)

    mail = rendered(Mail.objects.get())

    assert "https://shop.example.org/learn/\n" in mail.text
    assert 'href="https://shop.example.org/learn/"' in mail.html


def test_an_invitation_names_the_course_its_dates_and_its_place(course):
    tell([UserFactory(is_address_proved=False)], course)

    mail = rendered(Mail.objects.get())

    assert "– Fire & rescue\n  from 2 March 2026, 10:00 until 30 April 2026\n  Room 3\nLyon" in mail.text
    assert "<strong>Fire &amp; rescue</strong>" in mail.html
    assert "Room 3<br>Lyon" in mail.html


def test_the_page_after_the_invitation_leads_to_their_courses(course):
    bob = UserFactory(is_address_proved=False, password=None)
    tell([bob], course, now=timezone.now())
    link = urlsplit(link_url(AddressLink.objects.get(email=bob.email))).path
    client = browser_of(None)

    welcome = text_of(client, client.post(link)["Location"])

    assert 'class="button" href="/learn/"' in welcome
    assert f'href="{reverse("account_set_password")}?next=/learn/"' in welcome
    password = {"password1": "correct horse battery", "password2": "correct horse battery"}
    answer = client.post(f"{reverse('account_set_password')}?next=/learn/", password)
    assert answer["Location"] == "/learn/"


def test_who_has_a_password_signs_in_as_usual_and_finds_the_same_way(course):
    bob = UserFactory(is_address_proved=True)
    tell([bob], course)
    [new] = create_links(links=[NewLink(purpose="invitation", email=bob.email, user=bob)], now=timezone.now())
    client = browser_of(None)

    sign_in = client.post(urlsplit(link_url(new)).path)["Location"]
    answer = client.post(sign_in, {"login": bob.email, "password": PASSWORD}, follow=True)

    assert 'class="button" href="/learn/"' in answer.content.decode()


def test_it_does_so_in_the_persons_language(course):
    tell([UserFactory(is_address_proved=False, language="fr")], course)

    mail = Mail.objects.get()

    assert mail.language == "fr"
    assert "Incendie" in rendered(mail).text
    assert "30 avril 2026" in rendered(mail).text
    assert "Salle 3" in rendered(mail).text


def test_without_an_end_it_names_none(course):
    tell([UserFactory(is_address_proved=False)], course, ends=None)

    [told] = Mail.objects.get().context["courses"]

    assert told["period"] == "from 2 March 2026, 10:00"


def test_a_hundred_invitations_take_as_many_statements_as_one(course):
    def statements(people):
        users = UserFactory.create_batch(people, is_address_proved=False, password=None)
        with CaptureQueriesContext(connection) as captured:
            tell(users, course)
        return len(captured)

    assert statements(1) == statements(100)


def test_an_invitation_sent_again_names_what_this_account_bought_and_nothing_else(course):
    operator, account = UserFactory(), CustomerAccountFactory()
    [mine] = given_pack(account, terms=Terms(ends_at=ENDS), now=NOW)
    [theirs] = given_pack(CustomerAccountFactory(), now=NOW)
    assign(theirs, CourseFactory(name_en="Private matters"), "bob@example.org", operator, now=NOW)
    bob = assign(mine, course, "bob@example.org", operator, now=NOW).user

    Mail.objects.update(created_at=NOW)
    mail_again(account=account, person_id=bob.pk, language="en", now=NOW + days(1))

    mail = Mail.objects.filter(kind="invitation").latest("pk")
    period = "from 2 March 2026, 10:00 until 30 April 2026"
    assert mail.context["courses"] == [
        {"id": course.pk, "until": "2026-04-30", "name": "Fire & rescue", "period": period, "place": "Room 3\nLyon"}
    ]
