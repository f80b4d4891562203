"""/dev/mail/ shows the mails that went out, and exists in development and tests only."""

import os
import re
import subprocess
import sys

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.urls import reverse

from outbox.mails.development import mailbox
from tests import servers
from tests.keys import STRONG_KEY

# The frame of every page names the shop and its categories.
pytestmark = pytest.mark.django_db
LIST = "/dev/mail/"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    return settings.EMAIL_FILE_PATH


def message(
    subject="Votre accès", text="Le lien : https://testserver/accounts/link/abc/", html="<head></head><p>é</p>"
):
    mail = EmailMultiAlternatives(subject, text, "Amphi <shop@amphi.example>", ["alice@example.org"])
    if html:
        mail.attach_alternative(html, "text/html")
    return mail


def send(*messages) -> None:
    get_connection().send_messages(messages or [message()])


def test_without_any_mail_it_says_so(client):
    answer = client.get(LIST)

    assert answer.status_code == 200
    assert "No mail yet" in answer.content.decode()


def test_the_newest_mail_comes_first(client, folder):
    for number in range(3):
        send(message(f"Mail {number}"))
        # Mails sent within one second may land in one file, or in files that no clock tells apart.
        (file,) = folder.glob("2*.log")
        os.utime(file.rename(folder / f"mail-{number}.log"), (number, number))

    page = client.get(LIST).content.decode()

    assert re.findall(r">(Mail \d)</a>", page) == ["Mail 2", "Mail 1", "Mail 0"]
    assert page.count("alice@example.org") == 3


def test_several_mails_in_one_file_are_several_mails():
    send(message("One"), message("Two"))

    assert [mail.subject for mail in mailbox.newest_mails()] == ["Two", "One"]


def test_a_mail_still_being_written_is_not_shown_yet(folder):
    send(message("Whole"))
    (file,) = folder.glob("*.log")
    file.write_bytes(file.read_bytes() + b"Subject: Half\n\nof a")

    assert [mail.subject for mail in mailbox.newest_mails()] == ["Whole"]


def test_only_so_many_are_listed():
    send(*(message(f"Mail {number}") for number in range(5)))

    assert [mail.subject for mail in mailbox.newest_mails(limit=2)] == ["Mail 4", "Mail 3"]


def test_a_mail_is_readable_and_its_links_can_be_followed(client):
    send()
    (mail,) = mailbox.newest_mails()

    page = client.get(reverse("outbox:dev_mail", args=[mail.name])).content.decode()

    assert "<h1>Votre accès</h1>" in page
    assert '<a href="https://testserver/accounts/link/abc/" rel="nofollow">' in page
    assert f'<iframe src="/dev/mail/{mail.name}/html/"' in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page


def test_the_html_can_do_nothing_but_open_links(client):
    send(message(html="<html><head></head><p>é<script>alert(1)</script></p>"))
    (mail,) = mailbox.newest_mails()

    answer = client.get(reverse("outbox:dev_mail_html", args=[mail.name]))

    policy = answer["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert policy.endswith("sandbox allow-popups allow-popups-to-escape-sandbox")
    assert "script" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert '<head><base target="_blank"></head><p>é' in answer.content.decode()


def test_what_was_typed_is_text_on_the_page(client):
    send(message(subject="<script>alert(1)</script>", text="<script>alert(2)</script>", html=""))
    (mail,) = mailbox.newest_mails()

    for address in (LIST, reverse("outbox:dev_mail", args=[mail.name])):
        assert "<script>alert" not in client.get(address).content.decode()


@pytest.mark.parametrize(
    "name", ["nothing.0", "x", "..%2Fsecret.0", "%2Fetc%2Fpasswd", "..", "secret.0%00", "secret.log"]
)
def test_nothing_outside_the_folder_can_be_read(client, folder, name):
    send()
    (folder.parent / "secret.log").write_bytes(b"Subject: secret\n\nx\n" + b"-" * 79 + b"\n")

    assert client.get(f"{LIST}{name}/").status_code == 404
    assert client.get(f"{LIST}{name}/html/").status_code == 404


def test_it_is_only_read(client):
    assert client.post(LIST).status_code == 405


def test_it_answers_nothing_where_it_is_switched_off(client, settings):
    settings.DEV_MAIL = False

    assert client.get(LIST).status_code == 404


def test_production_does_not_even_route_it():
    program = """
import django
django.setup()
from django.urls import Resolver404, resolve
try:
    print(resolve("/dev/mail/").view_name)
except Resolver404:
    print("not routed")
"""
    environment = {
        "DJANGO_SETTINGS_MODULE": "project.settings.production", "SECRET_KEY": STRONG_KEY,
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=servers.PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.returncode) == ("not routed\n", 0), done.stderr
