"""A person reads what is held about them, downloads it, and asks to be erased: after a fresh proof, each time."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from accounts.privacy import views
from accounts.privacy.models import ErasureRequest
from accounts.privacy.requests import ask_for_erasure, refuse_erasure
from accounts.security_log.models import SecurityEvent
from tests.factories.accounts import DelegationFactory, UserFactory
from tests.shop.admin_pages import text_of

pytestmark = pytest.mark.django_db

State = ErasureRequest.State


@pytest.fixture
def alice() -> User:
    alice = UserFactory(email="alice@example.org", first_name="Alice", last_name="Martin")
    DelegationFactory(person=alice, account__name="Ateliers Roy", last_name="Martin-Roy")
    DelegationFactory(account__name="Others", last_name="Nobody of hers")
    return alice


@pytest.fixture
def client(alice) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(alice)
    return client


@pytest.fixture
def _proved(monkeypatch) -> None:
    monkeypatch.setattr(views, "demand_proof", lambda request: None)


def test_pages_and_file_want_a_fresh_proof(client):
    for method, name in (
        (client.get, "account-data"),
        (client.post, "account-data-download"),
        (client.get, "account-erasure"),
        (client.post, "account-erasure"),
    ):
        answer = method(reverse(name), {"email": "alice@example.org"})
        assert answer["Location"].startswith(reverse("account_reauthenticate")), name
    assert not ErasureRequest.objects.exists()


@pytest.mark.usefixtures("_proved")
def test_the_page_tells_what_is_held_and_nothing_of_others(client):
    answer = client.get(reverse("account-data"))

    text = text_of(answer)
    assert "What customer accounts wrote about you" in text
    assert "Ateliers Roy" in text
    assert "Martin-Roy" in text
    assert "Nobody of hers" not in text
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.usefixtures("_proved")
def test_the_file_holds_all_of_it_and_the_download_is_logged(client, alice):
    answer = client.post(reverse("account-data-download"))

    assert answer["Content-Disposition"].startswith('attachment; filename="my-data-')
    document = json.loads(answer.content)
    held = {part["name"]: part["records"] for part in document["held"]}
    assert document["person"] == "alice@example.org"
    assert held["person"][0]["first_name"] == "Alice"
    assert held["delegations"][0]["account__name"] == "Ateliers Roy"
    assert "password" not in answer.content.decode()
    assert SecurityEvent.objects.filter(kind="exported", user_id=alice.pk, actor_id=alice.pk).count() == 1


@pytest.mark.usefixtures("_proved")
def test_erasure_is_asked_for_by_typing_the_address_and_can_be_withdrawn(client):
    wrong = client.post(reverse("account-erasure"), {"email": "other@example.org"})
    assert wrong.status_code == 422
    assert "This is another address." in text_of(wrong)
    assert not ErasureRequest.objects.exists()

    asked = client.post(reverse("account-erasure"), {"email": " Alice@Example.org"}, follow=True)
    assert "Your request has reached us." in text_of(asked)
    assert "Withdraw the request" in text_of(asked)
    assert "You asked on" in text_of(client.get(reverse("account-erasure")))

    withdrawn = client.post(reverse("account-erasure-withdraw"), follow=True)
    assert "nothing is erased" in text_of(withdrawn)
    assert ErasureRequest.objects.get().state == State.WITHDRAWN
    again = client.post(reverse("account-erasure-withdraw"), follow=True)
    assert "Nothing was changed." in text_of(again)


@pytest.mark.usefixtures("_proved")
def test_a_refusal_is_read_on_the_page(client, alice):
    asked = ask_for_erasure(person=alice, asked_by=alice, now=timezone.now())
    merchant = UserFactory(is_staff=True)
    refuse_erasure(request_id=asked.pk, actor=merchant, reason="A claim is open.", now=timezone.now())

    assert "A claim is open." in text_of(client.get(reverse("account-data")))


@pytest.mark.usefixtures("_proved")
def test_staff_are_told_to_give_their_access_back_first(client, alice):
    User.objects.filter(pk=alice.pk).update(is_staff=True)

    answer = client.post(reverse("account-erasure"), {"email": "alice@example.org"})

    assert answer.status_code == 422
    assert "works in the administration" in text_of(answer)
