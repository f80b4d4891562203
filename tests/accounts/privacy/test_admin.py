"""Requests for erasure in the administration: looked over, carried out, refused, noted."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from accounts.privacy.models import ErasureRequest
from accounts.privacy.requests import ask_for_erasure
from accounts.second_person.models import Approval
from common.emails import erased_address
from tests.factories.accounts import DelegationFactory, UserFactory
from tests.shop.admin_pages import text_of

pytestmark = pytest.mark.django_db

State = ErasureRequest.State


@pytest.fixture
def alice() -> User:
    return UserFactory(email="alice@example.org", first_name="Alice", last_name="Martin")


@pytest.fixture
def asked(alice) -> ErasureRequest:
    return ask_for_erasure(person=alice, asked_by=alice, now=timezone.now())


def client_of(*rights: str) -> Client:
    staff = UserFactory(is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client(headers={"accept-language": "en"})
    client.force_login(staff)
    return client


@pytest.fixture
def client() -> Client:
    return client_of("view_erasurerequest", "erase_people", "view_user", "change_user")


def page(name: str, *args: int) -> str:
    return reverse(f"admin:accounts_erasurerequest_{name}", args=args)


def test_the_page_counts_what_goes_and_tells_what_stays(client, asked, alice):
    DelegationFactory(person=alice)
    DelegationFactory(person=alice)

    text = text_of(client.get(page("change", asked.pk)))

    assert "What customer accounts wrote about you 2" in text
    assert "Security events, under a number: 1" in text
    assert "Erase…" in text


def test_who_may_only_look_decides_nothing(asked):
    client = client_of("view_erasurerequest")

    assert "Erase…" not in text_of(client.get(page("change", asked.pk)))
    for name in ("erase", "refuse"):
        assert client.post(page(name, asked.pk), {"email": "alice@example.org", "reason": "No"}).status_code == 403
    asked.refresh_from_db()
    assert asked.state == State.OPEN


def test_the_address_is_typed_once_more(client, asked, alice):
    wrong = client.post(page("erase", asked.pk), {"email": "bob@example.org"})
    assert "This is another address." in text_of(wrong)

    done = client.post(page("erase", asked.pk), {"email": "alice@example.org"}, follow=True)

    assert "what is held about them is being blanked" in text_of(done)
    alice.refresh_from_db()
    assert alice.email == erased_address(alice.pk)
    again = client.post(page("erase", asked.pk), {"email": alice.email})
    assert "Nothing was changed." in text_of(again)


def test_a_second_person_is_asked(client, asked, alice, settings):
    settings.SECOND_PERSON_ERASURE = True

    done = client.post(page("erase", asked.pk), {"email": "alice@example.org"}, follow=True)

    assert "waits for a second person" in text_of(done)
    assert Approval.objects.get().about == f"erasure:{asked.pk}"
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


def test_a_refusal_needs_its_reason(client, asked):
    assert client.post(page("refuse", asked.pk), {"reason": " "}).status_code == 200
    client.post(page("refuse", asked.pk), {"reason": "A claim is open."})

    asked.refresh_from_db()
    assert (asked.state, asked.reason) == (State.REFUSED, "A claim is open.")


def test_a_request_by_letter_is_noted_on_the_page_of_the_person(client, alice):
    person = reverse("admin:accounts_user_change", args=[alice.pk])
    assert "Note a request for erasure" in text_of(client.get(person))

    noted = client.post(page("note", alice.pk), follow=True)

    assert "The request is noted" in text_of(noted)
    assert ErasureRequest.objects.get().person == alice
    assert "asked for already" in text_of(client.post(page("note", alice.pk), follow=True))


def test_an_erased_person_is_changed_by_nobody(client, asked, alice):
    client.post(page("erase", asked.pk), {"email": "alice@example.org"})

    text = text_of(client.get(reverse("admin:accounts_user_change", args=[alice.pk])))

    assert "Note a request for erasure" not in text
    assert 'name="first_name"' not in text
