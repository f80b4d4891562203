"""Details of an account and a person's own name, saved in two tabs."""

import pytest
from django.urls import reverse

from accounts.members.details import save_profile
from accounts.members.models import CustomerAccount
from accounts.people.models import User
from tests.catalog.admin_pages import text_of
from tests.factories.accounts import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    member = MembershipFactory(is_owner=True)
    client.force_login(member.user)
    client.cookies["django_language"] = "en"
    return member


PROFILE = "/account/profile/"


def opened(client, page):
    found = client.get(page).context["form"]
    return {name: found[name].value() or "" for name in found.fields}


def test_a_name_changed_in_another_tab_is_told_and_kept(client, owner):
    sent = opened(client, PROFILE) | {"first_name": "Paul"}
    save_profile(user_id=owner.user_id, first_name=owner.user.first_name, last_name="Éluard", language="")

    refused = client.post(PROFILE, sent)

    assert refused.status_code == 422
    assert "which stands here now" in refused.context["form"].errors["last_name"][0]
    assert User.objects.get(pk=owner.user_id).first_name != "Paul"
    form = refused.context["form"]
    assert form["last_name"].value() == "Éluard"
    again = {name: form[name].value() or "" for name in form.fields}
    assert client.post(PROFILE, again).status_code == 302
    assert User.objects.get(pk=owner.user_id).get_full_name() == "Paul Éluard"


def test_details_of_an_account_changed_in_another_tab_are_told_and_kept(client, owner):
    CustomerAccount.objects.filter(pk=owner.account_id).update(
        name="Alpha", street="1 rue A", postal_code="44000", city="Nantes", vat_id="", payer_email=""
    )
    details = reverse("account-details", args=[owner.account_id])
    sent = opened(client, details) | {"street": "2 rue B", "city": "Rezé"}
    CustomerAccount.objects.filter(pk=owner.account_id).update(street="3 rue C")

    refused = client.post(details, sent)

    assert refused.status_code == 422
    assert "Meanwhile changed to “3 rue C”" in refused.context["form"].errors["street"][0]
    assert CustomerAccount.objects.get(pk=owner.account_id).street == "3 rue C"
    form = refused.context["form"]
    again = {name: form[name].value() or "" for name in form.fields}
    assert client.post(details, again).status_code == 302
    saved = CustomerAccount.objects.get(pk=owner.account_id)
    assert (saved.street, saved.city) == ("2 rue B", "Rezé")


def test_a_form_opened_by_somebody_else_is_refused(client, owner):
    sent = opened(client, PROFILE) | {"first_name": "Paul"}
    other = MembershipFactory()
    client.force_login(other.user)

    refused = client.post(PROFILE, sent)

    assert "This form was opened for something else" in text_of(refused)
    assert User.objects.get(pk=other.user_id).first_name != "Paul"


def test_a_form_that_does_not_say_what_it_was_made_from_is_shown_again_and_then_saved(client, owner):
    sent = {name: value for name, value in opened(client, PROFILE).items() if name != "made_from"}

    refused = client.post(PROFILE, sent | {"first_name": "Paul"})

    assert refused.status_code == 422
    assert "too old to say what it was made from" in text_of(refused)
    assert User.objects.get(pk=owner.user_id).first_name != "Paul"
    form = refused.context["form"]
    again = {name: form[name].value() or "" for name in form.fields}
    assert again["first_name"] == "Paul"
    assert client.post(PROFILE, again).status_code == 302
    assert User.objects.get(pk=owner.user_id).first_name == "Paul"
