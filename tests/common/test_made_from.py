"""Values that a form was made from, compared with those stored now."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django import forms
from django.contrib.admin import site
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.db.models.fields.files import FieldFile
from django.utils.translation import override

from accounts.people.models import User
from common.made_from import MadeFromField, as_posted, fingerprints, in_words, merge
from tests.factories.accounts import UserFactory

SIZES = [("s", "Small"), ("More", [("l", "Large"), ("xl", "Very large")])]
NO_FILE = FieldFile(User(), models.FileField(name="picture"), "")
FIELDS = {"name": forms.CharField(), "town": forms.CharField(), "size": forms.ChoiceField(choices=SIZES)}
BEFORE = {"name": "Alpha", "town": "Nantes", "size": "s"}


def told(now: dict[str, str], typed: dict[str, str]) -> dict[str, str]:
    with override("en"):
        found = merge(
            FIELDS, shown=fingerprints(BEFORE), stored=BEFORE | now, data=BEFORE | typed, files={}, html_name=str
        )
        return {name: str(message) for name, message in found.messages.items()}


def test_what_nobody_changed_is_not_told():
    assert told({}, {"name": "Beta"}) == {}


def test_who_types_what_somebody_else_stored_hears_of_the_other_fields_only():
    assert told({"name": "Beta", "town": "Rezé"}, {"name": "Beta"}) == {
        "town": "Meanwhile changed from “Nantes” to “Rezé”, which stands here now."
    }


def test_both_values_of_a_choice_are_told_in_its_words():
    assert told({"size": "xl"}, {"size": "l"}) == {
        "size": "Meanwhile changed to “Very large”. Save again to put yours in its place."
    }


@pytest.mark.parametrize(("value", "words"), [("s", "Small"), ("l", "Large"), ("", "nothing"), ("gone", "nothing")])
def test_a_choice_is_told_by_its_words(value, words):
    with override("en"):
        assert in_words(FIELDS["size"], value) == words


def test_a_picture_that_is_not_there_is_like_nothing_at_all():
    assert fingerprints({"picture": NO_FILE}) == fingerprints({"picture": None}) == fingerprints({"picture": ""})


def test_several_values_are_told_one_after_the_other_in_their_words():
    several = forms.MultipleChoiceField(choices=SIZES)
    with override("en"):
        assert in_words(several, ["s", "xl"]) == "Small, Very large"
        assert in_words(several, []) == "nothing"


@pytest.mark.django_db
def test_a_row_that_is_chosen_is_told_by_its_name_and_one_that_is_gone_by_its_key():
    ada, chooser = UserFactory(first_name="Ada", last_name="Lovelace"), forms.ModelChoiceField(User.objects.all())

    assert in_words(chooser, ada.pk) == in_words(chooser, ada) == chooser.label_from_instance(ada)
    assert in_words(chooser, 0) == "0"


TICK, TEXT = forms.CheckboxInput(), forms.TextInput()
DAY_AND_TIME, MOMENT = (
    forms.SplitDateTimeWidget(date_format="%Y-%m-%d", time_format="%H:%M"),
    datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("widget", "value", "posted"),
    [
        (TEXT, "Alpha", {"name": ["Alpha"]}),
        (TEXT, None, {"name": [""]}),
        (TICK, True, {"name": ["on"]}),
        (TICK, False, {"name": []}),
        (forms.SelectMultiple(choices=SIZES), ["s", "xl"], {"name": ["s", "xl"]}),
        (DAY_AND_TIME, MOMENT, {"name_0": ["2026-03-02"], "name_1": ["10:30"]}),
        (DAY_AND_TIME, None, {"name_0": [""], "name_1": [""]}),
        (forms.MultiWidget({"a": TEXT, "b": TICK}), ["Alpha", True], {"name_a": ["Alpha"], "name_b": ["on"]}),
        (RelatedFieldWidgetWrapper(forms.Select(), User._meta.get_field("created_by_account").remote_field, site), 7,
         {"name": ["7"]}),
    ],
)  # fmt: skip
def test_a_control_is_posted_as_a_browser_posts_it(widget, value, posted):
    with override("en"):
        assert as_posted(widget, "name", value) == posted


def test_another_note_is_no_change_of_the_object():
    assert not MadeFromField().has_changed("a note", "the note of an older page")
