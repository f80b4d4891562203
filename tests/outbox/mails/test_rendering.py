"""A mail's text: in its language, HTML escaped in the HTML form only, its subject on one line."""

import pytest
from django.utils import translation

from common.secrets import encrypt
from outbox.mails import kinds as mails
from outbox.mails.kinds import BLANK, temporary_mail_kind
from outbox.mails.rendering import render_mail
from tests.factories.outbox import MailFactory

pytestmark = pytest.mark.usefixtures("greeting")


@pytest.fixture(autouse=True)
def _no_shop_above():
    """Leave out the shop's name and frame, which the floors above test."""
    with mails.FRAMES.emptied():
        yield


def mail(language: str = "en", name: str = "Alice", **attributes):
    context = {"name": name, "day": "2026-08-03", "amount": "1234.5"}
    return MailFactory.build(language=language, context=context, **attributes)


def test_english():
    rendered = render_mail(mail("en"), blank_secrets=False)

    assert rendered.subject == "Hello Alice"
    assert rendered.text == "Alice\n\n3 August 2026\n\n1234.50\n\n-- \ntestserver\nhttp://testserver\n"
    assert '<html lang="en">' in rendered.html
    assert "<title>Hello Alice</title>" in rendered.html
    assert "<p>3 August 2026</p>" in rendered.html


def test_french_whatever_the_language_of_the_one_who_renders():
    with translation.override("en"):
        rendered = render_mail(mail("fr"), blank_secrets=False)
        assert translation.get_language() == "en"

    assert rendered.subject == "Bonjour Alice"
    assert "3 août 2026" in rendered.text
    assert "1234,50" in rendered.text
    assert '<html lang="fr">' in rendered.html


def test_only_html_is_escaped():
    rendered = render_mail(mail(name="L'Oréal & <b>fils</b>"), blank_secrets=False)

    assert rendered.subject == "Hello L'Oréal & <b>fils</b>"
    assert "L'Oréal & <b>fils</b>" in rendered.text
    assert "<p>L&#x27;Oréal &amp; &lt;b&gt;fils&lt;/b&gt;</p>" in rendered.html
    assert "<b>" not in rendered.html


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\0", "\x1b"])
def test_a_subject_is_one_line_whatever_was_typed(end):
    rendered = render_mail(mail(name=f"Alice{end}Bcc: eve@example.org"), blank_secrets=False)

    assert rendered.subject == "Hello Alice Bcc: eve@example.org"


def test_a_secret_is_shown_to_its_recipient_and_dots_to_everybody_else():
    secretive = mail(secret=encrypt("483920"), has_secret=True)

    sent, shown = render_mail(secretive, blank_secrets=False), render_mail(secretive, blank_secrets=True)

    assert "483920" in sent.text
    assert "483920" in sent.html
    assert "483920" not in shown.text + shown.html
    assert BLANK in shown.text
    assert BLANK in shown.html


def test_a_secret_that_is_gone_is_shown_as_dots():
    assert BLANK in render_mail(mail(has_secret=True, state="sent"), blank_secrets=False).text


def test_links_are_made_when_the_mail_is_rendered_and_left_out_when_it_is_shown():
    def build(mail, *, blank):
        return {"link": BLANK if blank else f"http://testserver/link/{mail.context['name']}/"}

    with temporary_mail_kind("greeting", template="outbox_tests/greeting", build=build):
        sent, shown = render_mail(mail(), blank_secrets=False), render_mail(mail(), blank_secrets=True)

    assert '<a href="http://testserver/link/Alice/">Go</a>' in sent.html
    assert "http://testserver/link" not in shown.html


def test_the_frame_says_whose_mail_it_is():
    mails.FRAMES.add(lambda: {"shop_name": "Formations & Cie", "shop_address": "1 rue A\n75001 Paris"})

    rendered = render_mail(mail(), blank_secrets=False)

    assert rendered.text.endswith("-- \nFormations & Cie\nhttp://testserver\n1 rue A\n75001 Paris\n")
    assert "Formations &amp; Cie" in rendered.html


@pytest.mark.django_db
def test_rendering_asks_the_database_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        render_mail(mail(), blank_secrets=False)
