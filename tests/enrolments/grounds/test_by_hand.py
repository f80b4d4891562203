"""The merchant enrols people by hand on a course's page, and takes such an enrolment back."""

import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db.models import Q
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from enrolments.grounds.enrol_line import enrol_on_line
from enrolments.grounds.models import Enrolment, Ground
from enrolments.values import Terms
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.given import new_line
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role

pytestmark = pytest.mark.django_db

NEEDED = {"view_course", "add_enrolment", "change_enrolment"}


def browser(*permissions: str, **options) -> Client:
    staff = UserFactory(is_staff=True, language="en")
    wanted = Q(content_type__app_label="enrolments", codename__in=permissions)
    staff.user_permissions.set(Permission.objects.filter(wanted))
    client = Client(headers={"accept-language": "en"}, **options)
    client.force_login(staff)
    return client


@pytest.fixture
def merchant() -> Client:
    return browser(*NEEDED)


@pytest.fixture
def course():
    return CourseFactory(short_name="SEC-1", name_en="Fire safety", is_visible=False)


def enrol_url(course) -> str:
    return reverse("admin:enrolments_course_enrol", args=[course.pk])


def end_url(enrolment) -> str:
    return reverse("admin:enrolments_course_end", args=[enrolment.course_id, enrolment.pk])


def course_url(course) -> str:
    return reverse("admin:enrolments_course_change", args=[course.pk])


def typed(**changes):
    return {
        "email": "alice@example.org",
        "first_name": "",
        "last_name": "",
        "role": role().pk,
        "first_day": "",
        "last_day": "",
        **changes,
    }


def told(answer) -> list[tuple[str, str]]:
    return [(message.level_tag, str(message)) for message in answer.context["messages"]]


@pytest.fixture
def enrolled(merchant, course) -> Enrolment:
    merchant.post(enrol_url(course), typed())
    return Enrolment.objects.get()


class TestEnrol:
    def test_somebody_unknown_is_made_and_invited(self, merchant, course):
        answer = merchant.post(
            enrol_url(course), typed(email=" Alice@Example.org", first_name="Alice", last_name="Ay"), follow=True
        )

        assert answer.redirect_chain == [(course_url(course), 302)]
        assert told(answer) == [("success", "alice@example.org is enrolled.")]
        alice = User.objects.get(email="alice@example.org")
        assert (alice.first_name, alice.has_usable_password(), alice.created_by_account) == ("Alice", False, None)
        enrolment = Enrolment.objects.get()
        assert (enrolment.user, enrolment.course, enrolment.role) == (alice, course, role())
        assert [ground.kind for ground in enrolment.grounds.all()] == ["merchant"]
        mail = Mail.objects.get(kind="invitation")
        assert "Fire safety" in render_mail(mail, blank_secrets=True).text
        assert LogEntry.objects.get().object_id == str(course.pk)

    def test_somebody_known_keeps_their_name_and_is_told(self, merchant, course):
        bob = UserFactory(email="bob@example.org", first_name="Bob", is_address_proved=True, language="en")
        merchant.post(enrol_url(course), typed(email="BOB@example.org", first_name="Robert"))
        bob.refresh_from_db()
        assert (bob.first_name, Enrolment.objects.get().user) == ("Bob", bob)
        mail = Mail.objects.get(kind="seat_assigned")
        assert "You have been enrolled in the course “Fire safety”." in render_mail(mail, blank_secrets=True).text

    def test_dates_limit_the_enrolment(self, merchant, course):
        first = timezone.localdate() + datetime.timedelta(days=10)
        last = first + datetime.timedelta(days=20)
        merchant.post(enrol_url(course), typed(first_day=str(first), last_day=str(last)))
        enrolment = Enrolment.objects.get()
        assert timezone.localtime(enrolment.starts_at).replace(tzinfo=None) == datetime.datetime.combine(
            first, datetime.time.min
        )
        assert timezone.localtime(enrolment.ends_at).date() == last + datetime.timedelta(days=1)

    def test_twice_changes_nothing_and_mails_nobody(self, merchant, course, enrolled):
        answer = merchant.post(enrol_url(course), typed(), follow=True)
        assert told(answer)[-1][0] == "warning"
        assert (Ground.objects.count(), Mail.objects.count()) == (1, 1)

    def test_a_full_course_is_refused_and_nobody_is_made(self, merchant, course, enrolled):
        type(course).objects.filter(pk=course.pk).update(capacity=1)
        answer = merchant.post(enrol_url(course), typed(email="carol@example.org"))
        assert answer.context["form"].non_field_errors() == [
            "There are not enough places left in the course “Fire safety”."
        ]
        assert not User.objects.filter(email="carol@example.org").exists()
        assert (Enrolment.objects.count(), Mail.objects.count()) == (1, 1)

    def test_a_supervisor_takes_no_place(self, merchant, course, enrolled):
        type(course).objects.filter(pk=course.pk).update(capacity=1)
        merchant.post(enrol_url(course), typed(email="carol@example.org", role=role("teacher").pk))
        assert Enrolment.objects.count() == 2

    def test_a_course_that_is_over_is_refused(self, merchant):
        course = CourseFactory(last_day=timezone.localdate() - datetime.timedelta(days=2))
        answer = merchant.post(enrol_url(course), typed())
        assert answer.context["form"].non_field_errors() == ["The period in which this could be used is over."]
        assert not Enrolment.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"email": ""}, "email"),
            ({"email": "nobody"}, "email"),
            ({"email": "a\0b@example.org"}, "email"),
            ({"email": "alice@example.org, bob@example.org"}, "email"),
            ({"email": f"{'a' * 250}@example.org"}, "email"),
            ({"first_name": "x" * 151}, "first_name"),
            ({"last_name": "a\0b"}, "last_name"),
            ({"role": ""}, "role"),
            ({"role": "9" * 30}, "role"),
            ({"role": "student\0"}, "role"),
            ({"first_day": "tomorrow"}, "first_day"),
            ({"first_day": "0001-01-01"}, "first_day"),
            ({"last_day": "9999-12-31"}, "last_day"),
            ({"first_day": "2090-02-02", "last_day": "2090-02-01"}, "last_day"),
        ],
    )
    def test_what_cannot_be_is_an_error_at_its_field(self, merchant, course, changes, field):
        answer = merchant.post(enrol_url(course), typed(**changes))
        assert answer.status_code == 200
        assert list(answer.context["form"].errors) == [field]
        assert not Enrolment.objects.exists()

    def test_looking_changes_nothing(self, merchant, course):
        answer = merchant.get(enrol_url(course), typed())
        assert answer.status_code == 200
        assert "Enrol somebody in “Fire safety”" in answer.content.decode()
        assert not Enrolment.objects.exists()


class TestEnd:
    def test_is_offered_for_the_hands_ground_alone(self, merchant, course, enrolled):
        account = CustomerAccountFactory()
        enrol_on_line(
            line=new_line(account), course=course, user=UserFactory(), role=role(), group=None, terms=Terms(),
            now=timezone.now(),
        )  # fmt: skip
        page = merchant.get(course_url(course)).content.decode()
        assert page.count("End the merchant’s enrolment") == 1
        assert f'action="{end_url(enrolled)}"' in page
        assert enrol_url(course) in page

    def test_ends_the_enrolment(self, merchant, enrolled):
        answer = merchant.post(end_url(enrolled), follow=True)
        enrolled.refresh_from_db()
        assert enrolled.closed_at is not None
        assert told(answer)[-1] == ("success", "alice@example.org is not enrolled any more.")

    def test_what_was_bought_stays(self, merchant, course, enrolled):
        line = new_line(CustomerAccountFactory())
        enrol_on_line(
            line=line, course=course, user=enrolled.user, role=role(), group=None, terms=Terms(), now=timezone.now()
        )
        answer = merchant.post(end_url(enrolled), follow=True)
        enrolled.refresh_from_db()
        assert enrolled.closed_at is None
        assert [ground.kind for ground in enrolled.grounds.live()] == ["line"]
        assert "What was bought keeps this person in the course." in told(answer)[-1][1]

    def test_of_a_bought_enrolment_changes_nothing(self, merchant, course):
        line = new_line(CustomerAccountFactory())
        enrol_on_line(
            line=line, course=course, user=UserFactory(), role=role(), group=None, terms=Terms(), now=timezone.now()
        )
        enrolment = Enrolment.objects.get()
        answer = merchant.post(end_url(enrolment), follow=True)
        assert told(answer)[0][0] == "warning"
        assert Ground.objects.live().count() == 1

    def test_twice_ends_it_once(self, merchant, enrolled):
        merchant.post(end_url(enrolled))
        assert told(merchant.post(end_url(enrolled), follow=True))[-1][0] == "warning"

    def test_looking_changes_nothing(self, merchant, enrolled):
        answer = merchant.get(end_url(enrolled))
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert Ground.objects.live().count() == 1

    def test_by_the_address_of_another_course_is_not_found(self, merchant, enrolled):
        url = reverse("admin:enrolments_course_end", args=[CourseFactory().pk, enrolled.pk])
        assert merchant.post(url).status_code == 404
        assert Ground.objects.live().count() == 1


class TestRights:
    @pytest.mark.parametrize("permissions", [(), ("view_course",), ("view_course", "change_course")])
    def test_neither_without_rights_on_enrolments(self, course, enrolled, permissions):
        visitor = browser(*permissions)
        assert visitor.get(enrol_url(course)).status_code == 403
        assert visitor.post(enrol_url(course), typed(email="eve@example.org")).status_code == 403
        assert visitor.post(end_url(enrolled)).status_code == 403
        assert Ground.objects.live().count() == 1

    def test_the_buttons_are_shown_to_nobody_else(self, course, enrolled):
        page = browser("view_course").get(course_url(course)).content.decode()
        assert enrol_url(course) not in page
        assert end_url(enrolled) not in page

    def test_of_a_course_that_is_gone_is_not_found(self, merchant):
        assert merchant.get(f"/admin/enrolments/course/{10**30}/enrol/").status_code == 404

    def test_the_token_of_the_form_is_needed(self, course, enrolled):
        client = browser(*NEEDED, enforce_csrf_checks=True)
        assert client.post(enrol_url(course), typed(email="eve@example.org")).status_code == 403
        assert client.post(end_url(enrolled)).status_code == 403
        assert Ground.objects.live().count() == 1
