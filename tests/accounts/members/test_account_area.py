"""The account area: choosing the account, its details, the person's own details, the links."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.members.current import account_page, current_account
from accounts.members.models import CustomerAccount
from accounts.members.navigation import LINKS, AreaLink, add_area_link, links_for
from accounts.members.rights import Right
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

DETAILS = {
    "form": "account",
    "kind": "organisation",
    "name": "Martin & Fils",
    "street": "1 place du Marché",
    "postal_code": "69001",
    "city": "Lyon",
    "country": "FR",
    "vat_id": "fr 61 954 506 077",
    "payer_email": "COMPTA@martin.example",
}


@pytest.fixture
def alice():
    return MembershipFactory(account__name="Ateliers Martin", user__email="alice@example.org").user


@pytest.fixture
def client(alice):
    client = Client()
    client.force_login(alice)
    return client


def test_a_visitor_is_asked_to_sign_in():
    for name in ("account-home", "account-details", "account-members"):
        assert Client().get(reverse(name))["Location"].startswith(reverse("account_login"))


def test_the_overview_names_accounts_and_roles(client):
    page = client.get(reverse("account-home")).content.decode()

    assert "Ateliers Martin" in page
    assert reverse("account-members") in page


def test_who_works_for_nobody_sees_so():
    client = Client()
    client.force_login(UserFactory())

    page = client.get(reverse("account-home"))

    assert page.status_code == 200
    assert reverse("account-members") not in page.content.decode()


def test_an_owner_changes_the_details(client):
    response = client.post(reverse("account-details"), DETAILS)

    assert response["Location"] == reverse("account-details")
    account = CustomerAccount.objects.get()
    assert (account.name, account.city, account.vat_id) == ("Martin & Fils", "Lyon", "FR61954506077")
    assert account.payer_email == "compta@martin.example"


@pytest.mark.parametrize(
    "wrong",
    [{"vat_id": "FR61954506078"}, {"payer_email": "nobody"}, {"country": "XX"}, {"name": " "}, {"kind": "club"}],
)
def test_wrong_details_change_nothing_and_lose_nothing(client, wrong):
    response = client.post(reverse("account-details"), DETAILS | wrong)

    assert response.status_code == 422
    assert "1 place du Marché" in response.content.decode()
    account = CustomerAccount.objects.get()
    assert (account.name, account.city, account.vat_id) == ("Ateliers Martin", "Lyon", "")
    assert account.street == "12 rue des Lilas"


def test_only_an_owner_changes_the_details():
    membership = MembershipFactory(is_owner=False, is_buyer=True, is_operator=True, is_accountant=True)
    client = Client()
    client.force_login(membership.user)

    page = client.get(reverse("account-details"))
    client.post(reverse("account-details"), DETAILS)

    assert 'name="vat_id"' not in page.content.decode()
    membership.account.refresh_from_db()
    assert membership.account.name != "Martin & Fils"


def test_the_credit_limit_is_not_the_owners_to_set(client):
    client.post(reverse("account-details"), DETAILS | {"credit_limit": "1000000"})

    assert CustomerAccount.objects.get().credit_limit is None


def test_everybody_chooses_name_and_language(client, alice):
    response = client.post(
        reverse("account-details"), {"form": "profile", "first_name": "Alix", "last_name": "Durand", "language": "fr"}
    )

    alice.refresh_from_db()
    assert (alice.first_name, alice.last_name, alice.language) == ("Alix", "Durand", "fr")
    assert response.cookies["django_language"].value == "fr"


def test_a_profile_cannot_change_more_than_that(client, alice):
    client.post(
        reverse("account-details"),
        {"form": "profile", "first_name": "A", "last_name": "B", "language": "", "is_staff": "1", "email": "x@y.org"},
    )

    alice.refresh_from_db()
    assert (alice.email, alice.is_staff) == ("alice@example.org", False)


# --- The account chosen ----------------------------------------------------------------------------------------------


def test_who_works_for_several_switches(client, alice):
    other = MembershipFactory(user=alice, account__name="Zinc SA").account
    assert "Ateliers Martin" in client.get(reverse("account-members")).content.decode()

    response = client.post(
        reverse("account-switch"), {"account": other.pk, "next": reverse("account-members")}, follow=True
    )

    assert response.redirect_chain == [(reverse("account-members"), 302)]
    assert response.context["account"] == other


def test_nobody_switches_to_an_account_they_do_not_belong_to(client):
    stranger = CustomerAccountFactory()

    for value in (str(stranger.pk), "", "x", "9" * 30):
        assert client.post(reverse("account-switch"), {"account": value}).status_code == 404


def test_switching_leads_nowhere_else(client, alice):
    account = CustomerAccount.objects.get()

    response = client.post(reverse("account-switch"), {"account": account.pk, "next": "https://evil.example/"})

    assert response["Location"] == reverse("account-home")


def test_the_chosen_account_counts_only_where_one_has_the_right(rf, alice):
    operated = MembershipFactory(user=alice, account__name="Zinc SA", is_owner=False, is_operator=True).account
    request = rf.get("/")
    request.user = alice
    request.session = {"accounts_current_account": operated.pk}

    assert current_account(request, Right.MANAGE_SEATS) == operated
    assert current_account(request, Right.MANAGE_MEMBERS).name == "Ateliers Martin"


def test_a_page_takes_the_first_right_somebody_has_anywhere(rf):
    membership = MembershipFactory(is_owner=False, is_buyer=True)
    request = rf.get("/")
    request.user, request.session = membership.user, {}

    @account_page(Right.SEE_ALL_ORDERS, Right.SEE_OWN_ORDERS)
    def page(request):
        return HttpResponse(request.account.name)

    assert page(request).content.decode() == membership.account.name


# --- Its links -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("roles", "shown"), [({"is_owner": True}, True), ({"is_owner": False, "is_buyer": True}, False)]
)
def test_links_show_what_one_may_open(roles, shown):
    membership = MembershipFactory(**roles)
    with LINKS.emptied():
        add_area_link(AreaLink("x", _("X"), rights={Right.MANAGE_MEMBERS}))

        assert [link.url_name for link in links_for([membership])] == (["x"] if shown else [])


def test_a_link_to_a_page_that_is_not_installed_is_left_out(client):
    with LINKS.emptied():
        add_area_link(AreaLink("no-such-page", "NOWHERE"))
        add_area_link(AreaLink("home", "SOMEWHERE"))

        page = client.get(reverse("account-home")).content.decode()

    assert "NOWHERE" not in page
    assert "SOMEWHERE" in page
