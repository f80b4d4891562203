"""A person changes their own name: told to the floors above with who did it, and only when it is another name."""

import pytest

from accounts.members.details import save_profile
from accounts.people.changes import FOLLOWERS, PersonChange
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def told():
    """List what followers were told."""
    heard: list[tuple[PersonChange, list[int], int | None]] = []
    with FOLLOWERS.temporarily("probe", lambda change, ids, actor: heard.append((change, list(ids), actor))):
        yield heard


@pytest.mark.parametrize(("first_name", "last_name"), [("Ada", "King"), ("Augusta", "Lovelace")])
def test_another_name_is_told_with_its_owner_as_actor(told, first_name, last_name):
    ada = UserFactory(first_name="Ada", last_name="Lovelace")

    save_profile(user_id=ada.pk, first_name=first_name, last_name=last_name, language="en")

    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name, ada.language) == (first_name, last_name, "en")
    assert told == [(PersonChange.RENAMED, [ada.pk], ada.pk)]


def test_another_language_alone_is_told_to_nobody(told):
    ada = UserFactory(first_name="Ada", last_name="Lovelace", language="fr")

    save_profile(user_id=ada.pk, first_name="Ada", last_name="Lovelace", language="en")

    ada.refresh_from_db()
    assert ada.language == "en"
    assert told == []
