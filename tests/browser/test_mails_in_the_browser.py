"""A newcomer reads a mail and follows its link; the merchant reads the mail without the link."""

import os

import pytest
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from playwright.sync_api import Page

from common.secrets import encrypt
from outbox.mails.models import Mail
from tests.factories.outbox import JobFactory, MailFactory
from tests.outbox.mails.greeting_mail import greeting_kind

SCREENSHOTS = os.environ.get("SCREENSHOTS")


def picture(page: Page, name: str) -> None:
    """Save a picture for a person to look at, when SCREENSHOTS=<folder> is in the environment."""
    if SCREENSHOTS:
        page.screenshot(path=f"{SCREENSHOTS}/{name}.png")


@pytest.fixture
def sent(settings, tmp_path, live_shop):
    """Send a mail with a link to the shop, as text and as HTML; return the link."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    link = f"{live_shop.base_url}/healthz"
    mail = EmailMultiAlternatives("Your invitation", f"Follow\n{link}\n", to=["alice@example.org"])
    mail.attach_alternative(f'<html><head></head><body><p><a href="{link}">Accept</a></p></body></html>', "text/html")
    mail.send()
    return link


def test_a_mail_is_found_and_its_links_are_followed(browse, live_shop, sent):
    page = browse(live_shop.base_url, locale="en-GB")
    page.goto("/dev/mail/")
    picture(page, "dev_mails")
    page.get_by_role("link", name="Your invitation").click()
    picture(page, "dev_mail")

    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_role("link", name="Accept").click()
    assert opened.value.url == sent
    assert '"status": "ok"' in opened.value.content()

    page.get_by_role("link", name=sent).click()
    assert page.url == sent


@pytest.fixture
def merchant(browse, live_shop, django_user_model, client) -> Page:
    user = django_user_model.objects.create_superuser("merchant@example.org", "correct horse battery")
    client.force_login(user)
    page = browse(live_shop.base_url, locale="en-GB")
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_shop.base_url}]
    )
    return page


def test_the_merchant_reads_a_mail_without_its_code(merchant, settings):
    with greeting_kind(settings):
        mail = MailFactory(context={"name": "Alice"}, secret=encrypt("483920"), has_secret=True)
        MailFactory(state="sent", sent_at=timezone.now(), order_id=7)
        MailFactory(state="failed", failed_reason="550 no such person")
        merchant.goto("/admin/outbox/mail/")
        picture(merchant, "admin_mails")
        merchant.goto(f"/admin/outbox/mail/{mail.pk}/change/")
        body = merchant.frame_locator("iframe").locator("body")
        assert "Alice" in body.inner_text()
        merchant.locator("iframe").scroll_into_view_if_needed()
        picture(merchant, "admin_mail")
        assert "483920" not in merchant.content() + body.inner_html()
        merchant.get_by_role("button", name="Send this mail again").click()
        merchant.get_by_text("cannot be sent again").wait_for()


def test_the_merchant_brings_a_dead_job_back(merchant):
    job = JobFactory(
        kind="send_mail", key="send_mail:1", state="dead", attempts=8, finished_at=timezone.now(),
        last_error="SMTPDataError: (554, b'looks like spam')", payload={"mail_id": MailFactory().pk},
    )  # fmt: skip
    merchant.goto("/admin/outbox/job/")
    picture(merchant, "admin_jobs")
    merchant.goto(f"/admin/outbox/job/{job.pk}/change/")
    picture(merchant, "admin_job")
    merchant.get_by_role("button", name="Run this job again").click()
    merchant.get_by_text("The job runs again in a moment.").wait_for()

    job.refresh_from_db()
    assert job.state == "pending"
    assert Mail.objects.count() == 1
