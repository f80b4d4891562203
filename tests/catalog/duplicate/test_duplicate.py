"""Copying an entry, by a button on its page."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from catalog.models.entries import Entry
from catalog.services.duplicate import duplicate_entry
from catalog.services.entries import save_entry
from handlers.contract import Handler
from handlers.registry import temporary
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.shop.admin_pages import told
from tests.shop.merchants import browser_of, staff
from tests.shop.probes import Probe

pytestmark = pytest.mark.django_db

NEEDED = ("catalog.view_entry", "catalog.change_entry", "catalog.add_entry")


def url_of(entry) -> str:
    return reverse("admin:catalog_entry_duplicate", args=[entry.pk])


def copy_of(entry) -> Entry:
    return duplicate_entry(entry_id=entry.pk, now=timezone.now())


@pytest.fixture
def entry():
    course = CourseFactory(short_name="SEC-1")
    return EntryFactory(
        code="SST-1",
        name_fr="Séance",
        name_en="Session",
        description_fr="<p>Bonjour</p>",
        handler="std_setuponecoursesession",
        parameters={"coursename": course.short_name, "freetutors": 2},
        tiers={1: "100.00", 10: "80.00"},
        min_quantity=2,
        max_quantity=40,
        audience="customers",
        state="available",
    )


def test_is_a_draft_with_everything_but_the_code(entry):
    draft = copy_of(entry)

    assert (draft.code, draft.state, draft.version) == ("SST-1-2", "draft", 1)
    same = ("category", "tax", "handler", "min_quantity", "max_quantity", "audience", "vocational")
    same += ("position", "name_fr", "name_en", "summary_fr", "description_fr", "terms_fr")
    entry.refresh_from_db()
    draft = Entry.objects.get(pk=draft.pk)
    assert {name: getattr(draft, name) for name in same} == {name: getattr(entry, name) for name in same}
    assert (draft.parameters["coursename"], draft.parameters["freetutors"]) == ("SEC-1", 2)
    assert dict(draft.tiers.values_list("from_quantity", "unit_net")) == {1: Decimal("100.00"), 10: Decimal("80.00")}


def test_leaves_the_original_as_it_is(entry):
    before = Entry.objects.filter(pk=entry.pk).values().get()
    copy_of(entry)
    assert Entry.objects.filter(pk=entry.pk).values().get() == before


def test_takes_the_first_free_number(entry):
    EntryFactory(code="sst-1-2")
    assert [copy_of(entry).code, copy_of(entry).code] == ["SST-1-3", "SST-1-4"]


def test_a_long_code_is_cut(diary):
    entry = EntryFactory(code="A" * 64)
    assert copy_of(entry).code == "A" * 62 + "-2"


def test_has_an_image_of_its_own(entry):
    drawn = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(drawn, "PNG")
    entry.image = ContentFile(drawn.getvalue(), name="photo.png")
    save_entry(entry=entry, expected_version=entry.version, now=timezone.now())
    draft = copy_of(entry)
    assert draft.image
    assert draft.image.name != entry.image.name


def test_an_image_whose_file_is_lost_stops_nothing(entry):
    Entry.objects.filter(pk=entry.pk).update(image="entries/lost.webp")
    assert not copy_of(entry).image


class TestButton:
    def test_opens_the_copy_for_editing(self, client, merchant, entry):
        page = client.get(reverse("admin:catalog_entry_change", args=[entry.pk])).content.decode()
        assert f'action="{url_of(entry)}"' in page

        answer = client.post(url_of(entry), follow=True)

        draft = Entry.objects.get(code="SST-1-2")
        assert answer.redirect_chain == [(reverse("admin:catalog_entry_change", args=[draft.pk]), 302)]
        assert told(answer) == [
            (
                "success",
                "This is a draft copied from SST-1, with the code SST-1-2. "
                "Change what is different, then put it on sale.",
            )
        ]
        assert LogEntry.objects.get(object_id=str(draft.pk)).user == merchant

    def test_of_a_specific_handler_is_refused(self, client, diary):
        class Special(Probe):
            name = "special"

        with temporary(Special, specific=True):
            entry = EntryFactory(code="special", handler="specific")
            answer = client.post(url_of(entry), follow=True)
        assert told(answer)[0][0] == "error"
        assert "bound to its code" in told(answer)[0][1]
        assert Entry.objects.count() == 1

    def test_of_a_handler_that_is_gone_is_refused(self, client):
        class Passing(Handler):
            name = "std_passing"

        with temporary(Passing):
            entry = EntryFactory(handler="std_passing")
        answer = client.post(url_of(entry), follow=True)
        assert told(answer)[0][0] == "error"
        assert Entry.objects.count() == 1

    def test_looking_changes_nothing(self, client, entry):
        answer = client.get(url_of(entry))
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert Entry.objects.count() == 1

    @pytest.mark.parametrize("missing", NEEDED)
    def test_needs_every_right(self, entry, missing):
        # A person who may change entries sees them, too.
        permissions = [right for right in NEEDED if right != missing]
        answer = browser_of(staff(*permissions)).post(url_of(entry))
        may = missing == "catalog.view_entry"
        assert (answer.status_code, Entry.objects.count()) == ((302, 2) if may else (403, 1))

    def test_needs_the_token_of_the_form(self, merchant, entry):
        assert browser_of(merchant, enforce_csrf_checks=True).post(url_of(entry)).status_code == 403
        assert Entry.objects.count() == 1

    def test_of_an_entry_that_is_gone_is_not_found(self, client):
        assert client.post(f"/admin/catalog/entry/{10**30}/duplicate/").status_code == 404
