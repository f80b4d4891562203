"""Legal texts: drafted, published by a button, and never changed afterwards."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from shop.seller.legal_texts import TextIsEmpty, TextIsPublished, discard_text, publish_text, save_text, start_version
from shop.seller.models import LegalText
from tests.made_from import noted
from tests.shop.admin_pages import text_of, told
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db

LIST = "/admin/shop/legaltext/"
ADD = "/admin/shop/legaltext/add/"


def url_of(text, action="change"):
    return reverse(f"admin:shop_legaltext_{action}", args=[text.pk])


def version(number=1, kind="terms", published=True, body="Texte"):
    at = timezone.now() - timedelta(days=1) if published else None
    return LegalText.objects.create(
        kind=kind, version=number, body_en=f"{body} en", body_fr=f"{body} fr", published_at=at
    )


def bodies(text):
    text.refresh_from_db()
    return text.body_en, text.body_fr


class TestStarting:
    def test_the_first_version_is_blank(self, client):
        response = client.post(ADD, {"kind": "terms"})
        draft = LegalText.objects.get()
        assert response["Location"] == url_of(draft)
        assert (draft.kind, draft.version, draft.published_at) == ("terms", 1, None)
        assert bodies(draft) == ("", "")

    def test_a_new_version_is_a_copy_of_the_last(self, client):
        published = version(4)
        client.post(url_of(published, "next"))
        draft = LegalText.objects.get(version=5)
        assert bodies(draft) == ("Texte en", "Texte fr")
        assert draft.published_at is None

    def test_twice_goes_on_with_the_same_draft(self, client):
        published = version(1)
        first = client.post(url_of(published, "next"))
        assert client.post(ADD, {"kind": "terms"})["Location"] == first["Location"]
        assert LegalText.objects.count() == 2

    def test_looking_starts_nothing(self, client):
        published = version(1)
        assert client.get(ADD).status_code == 200
        assert client.get(url_of(published, "next")).status_code == 405
        assert LegalText.objects.count() == 1

    @pytest.mark.parametrize("kind", ["", "nonsense", "a\0b"])
    def test_asks_for_a_kind_there_is(self, client, kind):
        response = client.post(ADD, {"kind": kind})
        assert list(response.context["form"].errors) == ["kind"]
        assert not LegalText.objects.exists()

    def test_one_who_was_overtaken_gets_the_draft_of_the_other(self, monkeypatch):
        """A rival inserts the same version between our reading and our writing."""
        version(1)
        insert = LegalText.objects.bulk_create
        rivals = []

        def overtaken(rows, **options):
            if not rivals:
                rivals.append(version(2, published=False, body="Rival"))
            return insert(rows, **options)

        monkeypatch.setattr(LegalText.objects, "bulk_create", overtaken)
        assert start_version(kind="terms") == rivals[0]
        assert LegalText.objects.count() == 2


class TestDraft:
    def test_is_written_in_both_languages(self, client):
        draft = version(1, published=False)
        client.post(
            url_of(draft),
            noted(client, url_of(draft), {"body_en": "New terms\r\n\r\nSecond", "body_fr": "Nouvelles conditions"}),
        )
        assert bodies(draft) == ("New terms\n\nSecond", "Nouvelles conditions")

    def test_may_be_incomplete(self, client):
        draft = version(1, published=False)
        assert (
            client.post(url_of(draft), noted(client, url_of(draft), {"body_en": "", "body_fr": ""})).status_code == 302
        )
        assert bodies(draft) == ("", "")

    def test_kind_and_version_are_not_posted(self, client):
        draft = version(1, published=False)
        client.post(
            url_of(draft),
            {"body_en": "x", "body_fr": "y", "kind": "notice", "version": "9", "published_at": "2026-01-01"},
        )
        draft.refresh_from_db()
        assert (draft.kind, draft.version, draft.published_at) == ("terms", 1, None)

    def test_can_be_thrown_away(self, client):
        draft = version(1, published=False)
        client.post(url_of(draft, "delete"), {"post": "yes"})
        assert not LegalText.objects.exists()


class TestPublishing:
    def test_shows_the_text_once_more_and_changes_nothing(self, client):
        draft = version(1, published=False, body="<b>Conditions</b>")
        response = client.get(url_of(draft, "publish"))
        assert "&lt;b&gt;Conditions" in response.content.decode()
        draft.refresh_from_db()
        assert draft.published_at is None

    def test_puts_the_version_in_force(self, client):
        version(1)
        draft = version(2, published=False)
        response = client.post(url_of(draft, "publish"), follow=True)
        assert told(response)[-1][0] == "success"
        assert LegalText.in_force("terms", timezone.now()) == draft
        text = text_of(client.get(LIST))
        assert "in force" in text
        assert "replaced" in text

    def test_stands_in_the_shop(self, client):
        draft = version(1, published=False, body="Voilà")
        client.post(url_of(draft, "publish"))
        assert "Voilà en" in text_of(client.get("/legal/terms/"))

    def test_twice_keeps_the_first_time(self, client):
        draft = version(1, published=False)
        client.post(url_of(draft, "publish"))
        draft.refresh_from_db()
        first = draft.published_at
        client.post(url_of(draft, "publish"))
        draft.refresh_from_db()
        assert draft.published_at == first

    def test_an_empty_text_is_refused(self, client):
        draft = start_version(kind="terms")
        response = client.post(url_of(draft, "publish"), follow=True)
        assert told(response) == [
            ("error", "Write the text in the shop's own language first; then it can be published.")
        ]
        draft.refresh_from_db()
        assert draft.published_at is None

    def test_needs_the_right_to_write(self):
        draft = version(1, published=False)
        client = browser_of(staff("shop.view_legaltext"))
        assert client.post(url_of(draft, "publish")).status_code == 403
        assert client.get(url_of(draft)).status_code == 200
        draft.refresh_from_db()
        assert draft.published_at is None

    def test_needs_the_token_of_the_form(self, merchant):
        draft = version(1, published=False)
        client = browser_of(merchant, enforce_csrf_checks=True)
        assert client.post(url_of(draft, "publish")).status_code == 403
        draft.refresh_from_db()
        assert draft.published_at is None


class TestPublished:
    def test_is_read_and_never_written(self, client):
        text = version(1)
        page = client.get(url_of(text))
        assert "Texte en" in text_of(page)
        assert b'name="body_en"' not in page.content
        assert client.post(url_of(text), {"body_en": "x", "body_fr": "y"}).status_code == 403
        assert bodies(text) == ("Texte en", "Texte fr")

    def test_is_never_deleted(self, client):
        text = version(1)
        assert client.post(url_of(text, "delete"), {"post": "yes"}).status_code == 403
        client.post(LIST, {"action": "delete_selected", "_selected_action": [text.pk], "post": "yes"})
        assert LegalText.objects.filter(pk=text.pk).exists()

    def test_services_leave_it_alone(self):
        text = version(1)
        with pytest.raises(TextIsPublished):
            save_text(text_id=text.pk, bodies={"en": "x", "fr": "y"})
        with pytest.raises(TextIsPublished):
            discard_text(text_id=text.pk)
        assert bodies(text) == ("Texte en", "Texte fr")

    def test_one_published_meanwhile_loses_no_change_in_silence(self, client, monkeypatch):
        """The text is published between the opening of the request and its writing."""
        from shop.seller.admin import legal_texts as legal

        draft = version(1, published=False)

        def overtaken(*, text_id, bodies):
            publish_text(text_id=text_id, now=timezone.now())
            return save_text(text_id=text_id, bodies=bodies)

        typed = noted(client, url_of(draft), {"body_en": "x", "body_fr": "y"})
        monkeypatch.setattr(legal, "save_text", overtaken)
        response = client.post(url_of(draft), typed, follow=True)
        assert "This version is published, so it stays as it is." in text_of(response)
        assert response.context["adminform"].form["body_en"].value() == "x"
        assert bodies(draft) == ("Texte en", "Texte fr")


def test_publishing_nothing_is_refused_by_the_service():
    draft = start_version(kind="privacy")
    with pytest.raises(TextIsEmpty):
        publish_text(text_id=draft.pk, now=timezone.now())


def test_the_list_takes_as_many_queries_for_many_versions(client, django_assert_max_num_queries):
    version(1)
    client.get(LIST)
    with django_assert_max_num_queries(20) as few:
        client.get(LIST)
    for number in range(2, 8):
        version(number)
    with django_assert_max_num_queries(20) as many:
        client.get(LIST)
    assert len(few) == len(many)
