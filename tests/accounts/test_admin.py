"""People, accounts, delegations and links in the admin."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.links.models import AddressLink
from accounts.links.services import NewLink, create_links
from accounts.members import services as members
from accounts.members.models import CustomerAccount, Membership
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from enrolments.grounds.models import Ground
from outbox.mails.models import Mail
from tests.enrolments.given import assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, DelegationFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.made_from import noted

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant(client):
    client.force_login(UserFactory(email="merchant@example.org", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def clerk(client):
    """Return a client signed in as staff who may edit people."""
    user = UserFactory(email="clerk@example.org", is_staff=True)
    names = ["view_user", "change_user", "add_user"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names, content_type__app_label="accounts"))
    client.force_login(user)
    return client


def list_of(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def rows():
    [link] = create_links(links=[NewLink(purpose="claim", email="alice@example.org")], now=timezone.now())
    return [MembershipFactory().user, CustomerAccountFactory(), DelegationFactory(), link]


def test_every_page_opens(merchant):
    for row in rows():
        assert merchant.get(list_of(type(row)) + "?q=example").status_code == 200
        assert merchant.get(page_of(row)).status_code == 200
    for model in (User, CustomerAccount):
        add = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
        assert merchant.get(add).status_code == 200


@pytest.mark.parametrize("model", [User, CustomerAccount])
def test_a_list_takes_as_many_queries_for_many_rows(merchant, model, django_assert_max_num_queries):
    for _ in range(12):
        MembershipFactory()
    with django_assert_max_num_queries(14):
        merchant.get(list_of(model))


def test_people_are_found_with_the_state_of_their_address(merchant):
    UserFactory(email="alice@example.org")
    UserFactory(email="bob@example.org", is_address_proved=False)

    def states(query):
        page = merchant.get(f"{list_of(User)}?q={query}", headers={"accept-language": "en"}).content.decode()
        # The words stand once in an action's name and once among a filter's choices, then once for each person.
        return page.count("not proved") - 2

    assert (states("alice"), states("bob"), states("example")) == (0, 1, 1)


def test_a_person_added_has_an_unproved_address_and_no_password(merchant):
    merchant.post(
        reverse("admin:accounts_user_add"),
        {"email": " Dan@ÉCOLE.fr ", "first_name": "Dan", "last_name": "", "language": "fr"},
    )

    dan = User.objects.get(email="dan@école.fr")
    assert dan.has_usable_password() is False
    assert EmailAddress.objects.get(user=dan).verified is False


def form_data(user, **changes):
    data = {
        "first_name": user.first_name, "last_name": user.last_name, "language": user.language, "is_active": "on",
        "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0",
    }  # fmt: skip
    return data | changes


def test_an_address_is_not_changed_by_hand(merchant):
    alice = UserFactory(email="alice@example.org")

    merchant.post(
        page_of(alice), noted(merchant, page_of(alice), form_data(alice, email="other@example.org", first_name="Alix"))
    )

    alice.refresh_from_db()
    assert (alice.email, alice.first_name) == ("alice@example.org", "Alix")


def test_a_clerk_cannot_make_themselves_a_superuser(clerk):
    me = User.objects.get(email="clerk@example.org")

    response = clerk.post(
        page_of(me), noted(clerk, page_of(me), form_data(me, is_superuser="on", is_staff="on", first_name="Changed"))
    )

    assert response.status_code == 302
    me.refresh_from_db()
    assert (me.first_name, me.is_superuser) == ("Changed", False)


def test_a_clerk_does_not_edit_a_superuser(clerk):
    boss = UserFactory(is_superuser=True, is_staff=True, first_name="Boss")

    response = clerk.post(page_of(boss), noted(clerk, page_of(boss), form_data(boss, first_name="Changed")))

    assert response.status_code == 403
    boss.refresh_from_db()
    assert boss.first_name == "Boss"


@pytest.mark.parametrize("model", [User, CustomerAccount, Delegation, AddressLink])
def test_nothing_is_deleted_by_hand(merchant, model):
    row = next(row for row in rows() if isinstance(row, model))
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_delete", args=[row.pk])

    assert merchant.post(url, {"post": "yes"}).status_code == 403


def act(client, action, *users):
    data = {"action": action, "_selected_action": [user.pk for user in users]}
    return client.post(list_of(User), data, follow=True)


def test_invitations_go_to_those_whose_address_is_not_proved(merchant):
    proved, unproved = UserFactory(), UserFactory(is_address_proved=False)

    act(merchant, "send_invitations", proved, unproved)

    mail = Mail.objects.get(kind="invitation")
    assert mail.recipient == unproved.email
    assert mail.context["is_enrolled"] is False


def test_a_lost_second_factor_is_taken_away_and_told(merchant):
    user = UserFactory()
    TOTP.activate(user, generate_totp_secret())

    act(merchant, "take_second_factor_away", user)

    assert Authenticator.objects.count() == 0
    assert Mail.objects.get(kind="security_notice").recipient == user.email


def test_a_clerk_takes_no_second_factor_away(clerk):
    user = UserFactory()
    TOTP.activate(user, generate_totp_secret())

    act(clerk, "take_second_factor_away", user)

    assert Authenticator.objects.count() == 1


def members_data(account, *members, **changes):
    data = {
        "kind": account.kind, "name": account.name, "street": account.street, "postal_code": account.postal_code,
        "city": account.city, "country": "FR", "vat_id": "", "payer_email": "",
        "memberships-TOTAL_FORMS": str(len(members)), "memberships-INITIAL_FORMS": str(len(members)),
        "member_invitations-TOTAL_FORMS": "0", "member_invitations-INITIAL_FORMS": "0",
    }  # fmt: skip
    for index, member in enumerate(members):
        prefix = f"memberships-{index}"
        data |= {f"{prefix}-id": member.pk, f"{prefix}-account": account.pk, f"{prefix}-user": member.user_id}
        data |= {f"{prefix}-{role}": "on" for role in ("is_owner", "is_operator") if getattr(member, role)}
    return data | changes


def test_an_account_keeps_an_owner(merchant):
    owner = MembershipFactory()
    operator = MembershipFactory(account=owner.account, is_owner=False, is_operator=True)
    data = members_data(owner.account, owner, operator, **{"memberships-0-DELETE": "on", "name": "Changed"})

    response = merchant.post(page_of(owner.account), noted(merchant, page_of(owner.account), data))

    assert response.status_code == 200
    assert Membership.objects.count() == 2
    owner.account.refresh_from_db()
    assert owner.account.name != "Changed"


def test_members_are_changed_beside_their_account(merchant):
    owner = MembershipFactory()
    operator = MembershipFactory(account=owner.account, is_owner=False, is_operator=True)
    data = members_data(owner.account, owner, operator, **{"memberships-1-DELETE": "on", "name": "Changed"})

    response = merchant.post(page_of(owner.account), noted(merchant, page_of(owner.account), data))

    assert response.status_code == 302
    assert list(Membership.objects.all()) == [owner]
    owner.account.refresh_from_db()
    assert owner.account.name == "Changed"


def test_an_unclaimed_account_gets_no_member_by_hand(merchant):
    account = CustomerAccountFactory()
    data = members_data(account) | {
        "memberships-TOTAL_FORMS": "1",
        "memberships-0-user": UserFactory().pk,
        "memberships-0-is_owner": "on",
    }

    merchant.post(page_of(account), noted(merchant, page_of(account), data))

    assert Membership.objects.count() == 0


@pytest.mark.parametrize("key", ["%", "a\0", "9" * 30, "9" * 5000, "1"], ids=range(5))
def test_what_can_be_no_key_of_a_person_is_no_member(merchant, key):
    owner = MembershipFactory()
    data = members_data(owner.account, owner, name="Changed") | {
        "memberships-TOTAL_FORMS": "2",
        "memberships-1-account": owner.account.pk,
        "memberships-1-user": key,
        "memberships-1-is_buyer": "on",
    }

    response = merchant.post(page_of(owner.account), noted(merchant, page_of(owner.account), data))

    assert response.status_code == 200
    assert Membership.objects.get() == owner
    owner.account.refresh_from_db()
    assert owner.account.name != "Changed"


def test_a_wrong_vat_number_is_an_error_at_its_field(merchant):
    account = CustomerAccountFactory()

    response = merchant.post(
        page_of(account), noted(merchant, page_of(account), members_data(account, vat_id="FR61954506078"))
    )

    assert response.status_code == 200
    assert "vat_id" in response.context["adminform"].form.errors


def test_what_opens_a_link_is_never_shown(merchant):
    link = rows()[-1]

    for url in (list_of(AddressLink), page_of(link)):
        page = merchant.get(url).content.decode()
        assert link.token_hash not in page
        assert link.nonce not in page


def test_the_proof_of_an_address_is_nobody_elses_to_tick():
    assert not admin.site.is_registered(EmailAddress)
    assert not admin.site.is_registered(Authenticator)


ENGLISH = {"accept-language": "en"}


def members_form(account, *memberships, **changes):
    """Return the account's form as posted, its members unchanged but for `changes` to the first."""
    posted = {
        "kind": account.kind,
        "name": account.name,
        "street": account.street,
        "postal_code": account.postal_code,
        "city": account.city,
        "country": str(account.country),
        "memberships-TOTAL_FORMS": len(memberships),
        "memberships-INITIAL_FORMS": len(memberships),
        "member_invitations-TOTAL_FORMS": 0,
        "member_invitations-INITIAL_FORMS": 0,
    }
    for number, each in enumerate(memberships):
        posted |= {f"memberships-{number}-id": each.pk, f"memberships-{number}-user": each.user_id}
        posted |= {f"memberships-{number}-{role}": "on" for role in members.roles_of(each)}
    for name, value in changes.items():
        posted[f"memberships-0-{name}"] = value
    return posted


def test_a_closed_owner_is_no_owner_to_leave_an_account_to(merchant):
    account = CustomerAccountFactory()
    alice = MembershipFactory(account=account)
    closed = MembershipFactory(account=account, user__is_active=False)

    answer = merchant.post(
        page_of(account),
        noted(merchant, page_of(account), members_form(account, alice, closed, DELETE="on")),
        headers=ENGLISH,
    )

    assert "An account needs an owner." in answer.content.decode()
    assert Membership.objects.filter(pk=alice.pk).exists()


def close(merchant, user):
    fields = {"first_name": user.first_name, "last_name": user.last_name, "language": "en"}
    inlines = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    answer = merchant.post(page_of(user), noted(merchant, page_of(user), fields | inlines), headers=ENGLISH)
    user.refresh_from_db()
    return answer


def test_the_only_owner_of_colleagues_is_not_closed(merchant):
    account = CustomerAccountFactory(name="Ateliers Martin")
    alice = MembershipFactory(account=account).user
    bob = MembershipFactory(account=account, is_owner=False, is_operator=True)
    MembershipFactory(account=account, user__is_active=False)

    answer = close(merchant, alice)

    expected = "This is the only owner of Ateliers Martin. Make another member an owner there first."
    assert expected in answer.content.decode()
    assert alice.is_active
    Membership.objects.filter(pk=bob.pk).update(is_owner=True)
    close(merchant, alice)
    assert not alice.is_active


def test_a_closed_operator_supervises_nothing_any_more(merchant):
    bob = MembershipFactory(is_owner=False, is_operator=True)
    course = CourseFactory()
    [seat] = given_pack(bob.account, now=timezone.now())
    assign(seat, course, "ada@example.org", bob.user, now=timezone.now())
    assert Ground.objects.live().filter(enrolment__user=bob.user).exists()

    close(merchant, bob.user)

    [ended] = Ground.objects.filter(enrolment__user=bob.user)
    assert (ended.kind, ended.ended_reason) == ("supervision", "person_closed")
    assert Ground.objects.live().get().enrolment.user.email == "ada@example.org"


def test_who_works_for_nobody_else_is_closed_with_their_account(merchant):
    alice = MembershipFactory().user

    close(merchant, alice)

    assert not alice.is_active
