"""Jobs and mails in the admin: read, never edited, and acted on by buttons that call a service."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from common.secrets import encrypt
from common.templatetags.periods import moment
from outbox.jobs.models import Job, OutsideService
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.services import dismiss_job
from outbox.mails.kinds import BLANK
from outbox.mails.models import Mail
from tests.factories.accounts import UserFactory
from tests.factories.outbox import JobFactory, MailFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant(client):
    user = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(user)
    return client


@pytest.fixture
def clerk(client):
    """Return a client signed in as staff who may only look at jobs and mails."""
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_job", "view_mail"]))
    client.force_login(user)
    return client


def job_page(job: Job) -> str:
    return reverse("admin:outbox_job_change", args=[job.pk])


def mail_page(mail: Mail) -> str:
    return reverse("admin:outbox_mail_change", args=[mail.pk])


def dead_job() -> Job:
    return JobFactory(state="dead", attempts=8, finished_at=timezone.now(), last_error="The platform said no.")


def sent_mail(**attributes) -> Mail:
    return MailFactory(state="sent", sent_at=timezone.now(), context={"name": "Alice"}, **attributes)


def text(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_lists_show_what_matters(merchant, greeting):
    dead_job()
    sent_mail(order_id=7)

    jobs = text(merchant.get(reverse("admin:outbox_job_changelist")))
    mails = text(merchant.get(reverse("admin:outbox_mail_changelist")))

    assert "The platform said no." in jobs
    assert "8 of 8" in jobs
    assert "alice@example.org" in mails
    assert "greeting" in mails


@pytest.mark.parametrize(("model", "factory"), [("job", JobFactory), ("mail", MailFactory)])
def test_the_lists_cost_the_same_however_long_they_are(merchant, django_assert_num_queries, model, factory):
    address = reverse(f"admin:outbox_{model}_changelist")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    factory()
    merchant.get(address)
    with CaptureQueriesContext(connection) as short:
        merchant.get(address)
    factory.create_batch(20)
    with django_assert_num_queries(len(short)):
        merchant.get(address)


def test_jobs_are_told_apart_by_their_urgency(merchant):
    JobFactory(key="a code", urgency=Job.Urgency.CODES)
    JobFactory(key="some rest", urgency=Job.Urgency.REST)

    shown = text(merchant.get(reverse("admin:outbox_job_changelist"), {"urgency__exact": Job.Urgency.CODES}))

    assert "a code" in shown
    assert "some rest" not in shown


@pytest.mark.parametrize("address", ["admin:index", "admin:outbox_job_changelist"])
def test_a_mail_server_that_does_not_answer_is_told_in_a_sentence(merchant, clerk, address):
    assert "has not answered" not in text(merchant.get(reverse(address)))
    since = timezone.now()
    OutsideService.objects.create(
        name="smtp", failures=3, failing_since=since, left_alone_until=since, last_error="TimeoutError: <b>"
    )
    JobFactory.create_batch(2, kind="send_mail")

    for reader in (merchant, clerk):
        shown = text(reader.get(reverse(address)))
        assert f"The mail server has not answered since {moment(since)}. 2 mails wait and leave by themselves." in shown
        assert "TimeoutError: &lt;b&gt;" in shown


def test_a_service_that_nobody_named_is_told_by_what_it_does(merchant):
    OutsideService.objects.create(
        name="exchange", failures=3, failing_since=timezone.now(), left_alone_until=timezone.now()
    )
    with temporary_job_kind("make_a_call", lambda job, now: None, io=True, service="exchange"):
        JobFactory(kind="make_a_call")
        shown = text(merchant.get(reverse("admin:index")))

    assert "The service of “make a call” has not answered since" in shown
    assert "1 job waits and goes on by itself." in shown


@pytest.mark.parametrize(("model", "factory"), [("job", JobFactory), ("mail", MailFactory)])
def test_nothing_is_added_changed_or_deleted_by_hand(merchant, model, factory):
    row = factory()

    assert merchant.get(reverse(f"admin:outbox_{model}_add")).status_code == 403
    assert merchant.post(reverse(f"admin:outbox_{model}_change", args=[row.pk]), {"state": "done"}).status_code == 403
    assert merchant.post(reverse(f"admin:outbox_{model}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    row.refresh_from_db()
    assert row.state in ("pending", "queued")


def test_a_dead_job_is_brought_back_by_a_button(merchant):
    job = dead_job()
    retry = reverse("admin:outbox_job_retry", args=[job.pk])
    assert f'action="{retry}"' in text(merchant.get(job_page(job)))

    with temporary_job_kind("errand", lambda job, now: None):
        answer = merchant.post(retry, follow=True)

    assert answer.redirect_chain == [(job_page(job), 302)]
    assert "The job runs again in a moment." in text(answer)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("pending", 0)


def test_a_done_job_offers_no_button_and_refuses_in_words(merchant):
    job = JobFactory(state="done", attempts=1, finished_at=timezone.now())
    retry = reverse("admin:outbox_job_retry", args=[job.pk])
    assert f'action="{retry}"' not in text(merchant.get(job_page(job)))

    answer = merchant.post(retry, follow=True)

    assert "This job is done; there is nothing to run again." in text(answer)


def test_a_mail_is_shown_in_a_sandbox(merchant, greeting):
    mail = sent_mail()
    body = reverse("admin:outbox_mail_body", args=[mail.pk])

    page = text(merchant.get(mail_page(mail)))
    frame = merchant.get(body)

    assert f'<iframe src="{body}"' in page
    assert " sandbox " in page
    assert "Hello Alice" in page
    assert "<p>Alice</p>" in text(frame)
    assert frame["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
    )
    assert frame["X-Frame-Options"] == "SAMEORIGIN"


def test_codes_and_links_are_blanked_even_while_they_are_valid(merchant, greeting):
    mail = MailFactory(secret=encrypt("483920"), has_secret=True)

    page, frame = (
        text(merchant.get(mail_page(mail))),
        text(merchant.get(reverse("admin:outbox_mail_body", args=[mail.pk]))),
    )

    assert "483920" not in page + frame
    assert mail.secret not in page + frame
    assert BLANK in frame


def test_a_mail_whose_kind_is_gone_can_still_be_looked_at(merchant):
    mail = sent_mail(kind="of an older release")

    assert "cannot be shown any more" in text(merchant.get(mail_page(mail)))
    assert merchant.get(reverse("admin:outbox_mail_body", args=[mail.pk])).status_code == 404


def test_a_mail_is_sent_again_by_a_button(merchant, greeting):
    mail = sent_mail()
    resend = reverse("admin:outbox_mail_resend", args=[mail.pk])
    assert f'action="{resend}"' in text(merchant.get(mail_page(mail)))

    answer = merchant.post(resend, follow=True)

    assert "The mail is sent again in a moment." in text(answer)
    assert Mail.objects.filter(original=mail).count() == 1


def test_a_mail_that_had_a_code_says_why_it_is_not_sent_again(merchant, greeting):
    mail = sent_mail(has_secret=True)

    answer = merchant.post(reverse("admin:outbox_mail_resend", args=[mail.pk]), follow=True)

    assert "This mail contained a one-time code or link and cannot be sent again." in text(answer)
    assert not Mail.objects.filter(original=mail).exists()


def test_a_job_that_gave_up_is_dismissed_with_a_reason(merchant):
    job = dead_job()
    dismiss = reverse("admin:outbox_job_dismiss", args=[job.pk])
    assert dismiss in text(merchant.get(job_page(job)))
    assert "Say why this job needs nothing more." in text(merchant.post(dismiss, {"reason": " "}, follow=True))

    assert "it no longer waits for you" in text(
        merchant.post(dismiss, {"reason": "The platform is gone."}, follow=True)
    )

    job.refresh_from_db()
    assert (job.state, job.dismissed_reason) == ("dead", "The platform is gone.")
    assert job.dismissed_by_id == int(merchant.session["_auth_user_id"])
    shown = text(merchant.get(job_page(job)))
    assert "The platform is gone." in shown
    assert dismiss not in shown
    lists = reverse("admin:outbox_job_changelist")
    assert job.key not in text(merchant.get(lists, {"todo": "given_up"}))
    assert job.key in text(merchant.get(lists, {"todo": "dismissed"}))
    assert "dismissed already" in text(merchant.post(dismiss, {"reason": "Again"}, follow=True))


def test_a_job_that_is_brought_back_and_dies_again_waits_again(merchant):
    job = dead_job()
    dismissed = dismiss_job(job_id=job.pk, reason="Gone", actor_id=None)
    assert (dismissed.pk, dismissed.dismissed_reason) == (job.pk, "Gone")
    assert not Job.objects.given_up().exists()

    Job.objects.update(finished_at=Now() + timedelta(seconds=1))

    assert Job.objects.given_up().get() == job


def test_a_mail_that_could_not_be_sent_is_dismissed_with_its_job(merchant, greeting):
    mail = MailFactory(state="failed", failed_reason="550", has_secret=True)
    JobFactory(kind="send_mail", key=mail.job_key, state="dead", finished_at=timezone.now())
    dismiss = reverse("admin:outbox_mail_dismiss", args=[mail.pk])
    assert dismiss in text(merchant.get(mail_page(mail)))

    merchant.post(dismiss, {"reason": "The address was a slip."})

    assert not Mail.objects.unsent(timezone.now()).exists()
    assert not Job.objects.given_up().exists()
    assert dismiss not in text(merchant.get(mail_page(mail)))


@pytest.mark.parametrize(
    "name", ["outbox_job_retry", "outbox_job_dismiss", "outbox_mail_dismiss", "outbox_mail_resend"]
)
def test_opening_a_buttons_address_does_nothing(merchant, greeting, name):
    row = dead_job() if "job" in name else sent_mail()

    assert merchant.get(reverse(f"admin:{name}", args=[row.pk])).status_code == 405
    row.refresh_from_db()
    assert row.state in ("dead", "sent")


@pytest.mark.parametrize(
    "name",
    ["outbox_job_retry", "outbox_job_dismiss", "outbox_mail_dismiss", "outbox_mail_resend", "outbox_mail_body"],
)
def test_what_does_not_exist_is_not_found(merchant, name):
    call = merchant.get if name.endswith("body") else merchant.post
    assert call(reverse(f"admin:{name}", args=[0])).status_code == 404


def test_who_may_only_look_has_no_buttons_and_no_effect(clerk, greeting):
    job, mail = dead_job(), sent_mail()
    retry, resend = (
        reverse("admin:outbox_job_retry", args=[job.pk]),
        reverse("admin:outbox_mail_resend", args=[mail.pk]),
    )

    assert retry not in text(clerk.get(job_page(job)))
    assert resend not in text(clerk.get(mail_page(mail)))
    assert clerk.post(retry).status_code == 403
    assert clerk.post(resend).status_code == 403
    job.refresh_from_db()
    assert (job.state, Mail.objects.count()) == ("dead", 1)


def test_others_see_nothing_at_all(client, greeting):
    mail = sent_mail()
    client.force_login(UserFactory(is_staff=True))
    assert client.get(mail_page(mail)).status_code == 403
    assert client.get(reverse("admin:outbox_mail_body", args=[mail.pk])).status_code == 403

    client.force_login(UserFactory())
    assert client.get(mail_page(mail)).status_code == 302
    assert client.get(reverse("admin:outbox_mail_body", args=[mail.pk])).status_code == 302
