"""The account area: choosing the account, its details, the person's own details, the links."""

from __future__ import annotations

import pytest
from django.http import Http404, HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.members.current import SESSION_KEY, account_page, current_account
from accounts.members.models import CustomerAccount, MemberInvitation, Membership
from accounts.members.navigation import LINKS, AreaLink, add_area_link, links_for
from accounts.members.rights import Right
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.made_from import noted

pytestmark = pytest.mark.django_db

DETAILS = {
    "kind": "organisation",
    "name": "Martin & Fils",
    "street": "1 place du Marché",
    "postal_code": "69001",
    "city": "Lyon",
    "country": "FR",
    "vat_id": "fr 61 954 506 077",
    "payer_email": "COMPTA@martin.example",
}

PROFILE = "/account/profile/"


@pytest.fixture
def alice():
    return MembershipFactory(account__name="Ateliers Martin", user__email="alice@example.org").user


@pytest.fixture
def account(alice):
    return alice.memberships.get().account


@pytest.fixture
def client(alice):
    return client_of(alice)


def client_of(user):
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def page_of(account, page=""):
    return f"/account/{account.pk}/{page}/" if page else f"/account/{account.pk}/"


def test_a_visitor_is_asked_to_sign_in(account):
    for url in (reverse("account-home"), reverse("account-profile"), "/account/details/", page_of(account, "details")):
        assert Client().get(url)["Location"].startswith(reverse("account_login"))


def test_the_overview_names_the_account_and_the_roles(client, account):
    page = client.get(page_of(account)).content.decode()

    assert "Ateliers Martin" in page
    assert "owner" in page
    assert page_of(account, "members") in page


def test_who_works_for_nobody_sees_so():
    client = client_of(UserFactory())

    page = client.get(reverse("account-home"))

    assert page.status_code == 200
    assert reverse("account-profile") in page.content.decode()
    assert "/members/" not in page.content.decode()


def test_an_owner_changes_the_details(client, account):
    response = client.post(page_of(account, "details"), noted(client, page_of(account, "details"), DETAILS))

    assert response["Location"] == page_of(account, "details")
    account.refresh_from_db()
    assert (account.name, account.city, account.vat_id) == ("Martin & Fils", "Lyon", "FR61954506077")
    assert account.payer_email == "compta@martin.example"


@pytest.mark.parametrize(
    "wrong",
    [{"vat_id": "FR61954506078"}, {"payer_email": "nobody"}, {"country": "XX"}, {"name": " "}, {"kind": "club"}],
)
def test_wrong_details_change_nothing_and_lose_nothing(client, account, wrong):
    response = client.post(page_of(account, "details"), noted(client, page_of(account, "details"), DETAILS | wrong))

    assert response.status_code == 422
    assert "1 place du Marché" in response.content.decode()
    account.refresh_from_db()
    assert (account.name, account.city, account.vat_id) == ("Ateliers Martin", "Lyon", "")
    assert account.street == "12 rue des Lilas"


def test_only_an_owner_changes_the_details():
    membership = MembershipFactory(is_owner=False, is_buyer=True, is_operator=True, is_accountant=True)
    client = client_of(membership.user)

    assert client.get(page_of(membership.account, "details")).status_code == 404
    assert client.post(page_of(membership.account, "details"), DETAILS).status_code == 404
    membership.account.refresh_from_db()
    assert membership.account.name != "Martin & Fils"


def test_the_credit_limit_is_not_the_owners_to_set(client, account):
    client.post(page_of(account, "details"), DETAILS | {"credit_limit": "1000000"})

    assert CustomerAccount.objects.get().credit_limit is None


def test_everybody_chooses_name_and_language(client, alice):
    response = client.post(
        PROFILE, noted(client, PROFILE, {"first_name": "Alix", "last_name": "Durand", "language": "fr"})
    )

    assert response["Location"] == reverse("account-profile")
    alice.refresh_from_db()
    assert (alice.first_name, alice.last_name, alice.language) == ("Alix", "Durand", "fr")
    assert response.cookies["django_language"].value == "fr"


def test_a_profile_cannot_change_more_than_that(client, alice):
    client.post(
        PROFILE,
        noted(
            client,
            PROFILE,
            {"first_name": "A", "last_name": "B", "language": "", "is_staff": "1", "email": "x@y.org"},
        ),
    )

    alice.refresh_from_db()
    assert (alice.email, alice.is_staff) == ("alice@example.org", False)


# --- The account of the address ---------------------------------------------------------------------------------------


@pytest.fixture
def other(alice):
    return MembershipFactory(user=alice, account__name="Zinc SA").account


def test_the_address_says_which_account_is_meant(client, account, other):
    for of in (account, other, account):
        assert client.get(page_of(of, "members")).context["account"] == of


def test_an_account_one_is_no_member_of_does_not_exist(client):
    stranger = CustomerAccountFactory()

    for number in (stranger.pk, 0, "9" * 30):
        for page in ("", "details/", "members/", "seats/", "orders/", "people/", "sessions/"):
            assert client.get(f"/account/{number}/{page}").status_code == 404


def test_two_tabs_save_the_details_of_the_account_each_shows(client, account, other):
    first = page_of(account, "details")
    sent = noted(client, first, DETAILS | {"street": "2 rue Corrigée"})
    client.get(page_of(other, "details"))

    client.post(first, sent)

    account.refresh_from_db()
    other.refresh_from_db()
    assert (account.street, other.street, other.name) == ("2 rue Corrigée", "12 rue des Lilas", "Zinc SA")


def test_two_tabs_invite_into_the_account_each_shows(client, account, other):
    client.get(page_of(account, "members"))
    client.get(page_of(other, "members"))

    client.post(page_of(account, "members"), {"email": "dan@example.org", "roles": ["is_buyer"]})

    assert MemberInvitation.objects.get().account == account


def test_a_page_takes_any_of_its_rights_and_no_other(rf):
    membership = MembershipFactory(is_owner=False, is_buyer=True)
    request = rf.get("/")
    request.user, request.session = membership.user, {}

    @account_page(Right.SEE_ALL_ORDERS, Right.SEE_OWN_ORDERS)
    def page(request):
        return HttpResponse(request.account.name)

    @account_page(Right.MANAGE_SEATS)
    def hidden(request):
        raise AssertionError

    assert page(request, number=membership.account_id).content.decode() == membership.account.name
    with pytest.raises(Http404):
        hidden(request, number=membership.account_id)


# --- Addresses without a number --------------------------------------------------------------------------------------


def test_the_entrance_leads_to_the_account_used_last(client, account, other):
    assert client.get(reverse("account-home"))["Location"] == page_of(account)

    client.get(page_of(other, "members"))

    assert client.get(reverse("account-home"))["Location"] == page_of(other)


@pytest.mark.parametrize(
    "page", ["details/", "members/", "seats/?state=available", "people/", "sessions/7/", "orders/"]
)
def test_an_old_address_leads_to_the_account_used_last(client, other, page):
    client.get(page_of(other))

    assert client.get(f"/account/{page}")["Location"] == f"/account/{other.pk}/{page}"


def test_the_account_used_last_counts_only_where_one_has_the_right(rf, client, alice, account):
    operated = MembershipFactory(user=alice, account__name="Zinc SA", is_owner=False, is_operator=True).account
    request = rf.get("/")
    request.user = alice
    request.session = {SESSION_KEY: operated.pk}
    client.get(page_of(operated))

    assert current_account(request, Right.MANAGE_SEATS) == operated
    assert current_account(request, Right.MANAGE_MEMBERS) == account
    assert client.get("/account/seats/")["Location"] == page_of(operated, "seats")
    assert client.get("/account/members/")["Location"] == page_of(account, "members")


def test_without_the_right_an_old_address_leads_to_the_entrance():
    client = client_of(MembershipFactory(is_owner=False, is_buyer=True).user)

    assert client.get("/account/seats/")["Location"] == reverse("account-home")
    assert client.get("/account/details/")["Location"] == reverse("account-profile")


@pytest.mark.parametrize("page", ["details/", "members/", "switch/", "members/7/remove/"])
def test_a_form_posted_to_an_old_address_changes_nothing(client, account, other, page):
    client.get(page_of(other))

    response = client.post(f"/account/{page}", DETAILS | {"email": "dan@example.org", "roles": ["is_buyer"]})

    assert response.status_code in (302, 404)
    assert {each.name for each in CustomerAccount.objects.all()} == {"Ateliers Martin", "Zinc SA"}
    assert not MemberInvitation.objects.exists()
    assert Membership.objects.count() == 2


@pytest.mark.parametrize("page", ["nowhere/", "seats", "seats/x/", "profile/x/", "seats%0A/", "../admin/"])
def test_no_other_address_leads_anywhere(client, page):
    response = client.get(f"/account/{page}")

    assert response.status_code == 404 or response["Location"] == "/account/seats/"


# --- Other accounts --------------------------------------------------------------------------------------------------


def test_links_lead_to_the_same_page_of_other_accounts(client, account, other):
    for page in ("", "members", "details", "orders", "seats", "people", "sessions"):
        accounts = client.get(page_of(account, page)).content.decode()
        assert f'<a href="{page_of(other, page)}"' in accounts


def test_where_one_lacks_the_pages_right_the_link_leads_to_the_overview(client, alice, account):
    operated = MembershipFactory(user=alice, is_owner=False, is_operator=True).account

    page = client.get(page_of(account, "members")).content.decode()

    assert f'<a href="{page_of(operated)}"' in page
    assert page_of(operated, "members") not in page


def test_below_a_list_the_link_leads_to_the_others_list(client, account, other):
    membership = MembershipFactory(account=account, is_owner=False, is_buyer=True)

    page = client.get(reverse("account-member", args=[account.pk, membership.pk])).content.decode()

    assert f'<a href="{page_of(other, "members")}"' in page


def test_the_menu_shows_the_rights_in_the_account_of_the_page(client, alice, account):
    operated = MembershipFactory(user=alice, is_owner=False, is_operator=True).account

    page = client.get(page_of(operated)).content.decode()

    assert page_of(operated, "seats") in page
    assert page_of(operated, "members") not in page


def test_who_works_for_one_account_has_nothing_to_choose(client, account):
    assert "area-accounts" not in client.get(page_of(account)).content.decode()


# --- Its links -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("roles", "shown"), [({"is_owner": True}, True), ({"is_owner": False, "is_buyer": True}, False)]
)
def test_links_show_what_one_may_open(roles, shown):
    membership = MembershipFactory(**roles)
    with LINKS.emptied():
        add_area_link(AreaLink("x", _("X"), rights={Right.MANAGE_MEMBERS}))

        assert [link.url_name for link in links_for(membership)] == (["x"] if shown else [])


def test_a_persons_own_pages_are_shown_without_any_account():
    with LINKS.emptied():
        add_area_link(AreaLink("x", _("X")))
        add_area_link(AreaLink("y", _("Y"), is_personal=True))

        assert [link.url_name for link in links_for(None)] == ["y"]


def test_a_link_to_a_page_that_is_not_installed_is_left_out(client, account):
    with LINKS.emptied():
        add_area_link(AreaLink("no-such-page", "NOWHERE"))
        add_area_link(AreaLink("home", "SOMEWHERE", is_personal=True))

        page = client.get(page_of(account)).content.decode()

    assert "NOWHERE" not in page
    assert "SOMEWHERE" in page
