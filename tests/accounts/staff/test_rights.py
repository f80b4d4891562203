"""Nobody gives a right that they do not have, whatever is posted by hand."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from accounts.security_log.models import SecurityEvent
from accounts.staff.models import StaffRole
from accounts.staff.rights import HasMoreRights, MayNotGive, RightNotHeld, Wanted, change_rights
from accounts.staff.roles import ROLES, among, make_role_groups
from tests.factories.accounts import UserFactory
from tests.made_from import noted
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db

PEOPLE = ("accounts.view_user", "accounts.change_user")
GROUPS = ("auth.view_group", "auth.add_group", "auth.change_group", "auth.delete_group")


@pytest.fixture(autouse=True)
def roles() -> None:
    make_role_groups()


def role(code: str) -> Group:
    return Group.objects.get(staff_role__code=code)


def named(*permissions: str) -> list[int]:
    return list(Permission.objects.filter(among(permissions)).values_list("pk", flat=True))


def page_of(row) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def post(client, user, **changes):
    """Post a person's form, with the rights they have unless `changes` says otherwise."""
    data = {
        "first_name": user.first_name, "last_name": user.last_name, "language": user.language, "is_active": "on",
        "is_staff": "on" if user.is_staff else "",
        "groups": list(user.groups.values_list("pk", flat=True)),
        "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0",
    }  # fmt: skip
    return client.post(page_of(user), noted(client, page_of(user), data | changes), headers={"accept-language": "en"})


def rights_stored(user) -> tuple:
    user = User.objects.get(pk=user.pk)
    return user.is_staff, user.is_superuser, sorted(user.get_all_permissions()), user.is_active


def in_role(code: str, **fields) -> User:
    user = UserFactory(is_staff=True, **fields)
    user.groups.add(role(code))
    return user


# --- Groups ---


def test_a_clerk_gives_their_own_group_no_right_they_lack():
    clerk = UserFactory(is_staff=True)
    group = Group.objects.create(name="Mine")
    group.permissions.set(named(*GROUPS))
    clerk.groups.add(group)
    browser = browser_of(clerk)
    everything = list(Permission.objects.values_list("pk", flat=True))

    answer = browser.post(page_of(group), noted(browser, page_of(group), {"name": "Mine", "permissions": everything}))

    assert answer.status_code == 200
    assert sorted(group.permissions.values_list("pk", flat=True)) == sorted(named(*GROUPS))
    assert (
        browser.post(
            page_of(group), noted(browser, page_of(group), {"name": "Mine", "permissions": named("shop.confirm_money")})
        ).status_code
        == 200
    )
    assert not User.objects.get(pk=clerk.pk).has_perm("shop.confirm_money")


def test_the_service_refuses_too_what_the_form_would_have_let_through(monkeypatch):
    clerk = staff(*GROUPS)
    group = Group.objects.create(name="Mine")
    monkeypatch.setattr("accounts.staff.admin.GroupAdmin.permissions_offered", lambda *_: Permission.objects.all())
    browser = browser_of(clerk)
    sent = {"name": "Mine", "permissions": named("shop.confirm_money")}

    answer = browser.post(page_of(group), noted(browser, page_of(group), sent))

    assert "You cannot give rights that you do not have yourself." in answer.content.decode()
    assert not group.permissions.exists()
    refused = SecurityEvent.objects.get(kind="rights_refused")
    assert (refused.actor_id, refused.details) == (clerk.pk, {"why": "right_not_held"})
    add = reverse("admin:auth_group_add")
    assert "You cannot give rights" in browser.post(add, sent | {"name": "New"}).content.decode()
    assert not Group.objects.filter(name="New").exists()


def test_a_group_with_more_rights_is_neither_changed_nor_deleted():
    browser = browser_of(staff(*GROUPS))
    group = Group.objects.create(name="Bosses")
    group.permissions.set(named("shop.confirm_money"))

    browser.post(page_of(group), noted(browser, page_of(group), {"name": "Taken", "permissions": []}))
    browser.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
    browser.post(reverse("admin:auth_group_changelist"), chosen)

    group.refresh_from_db()
    assert (group.name, group.permissions.count()) == ("Bosses", 1)


def test_an_own_group_within_ones_rights_is_made_changed_and_deleted():
    browser = browser_of(staff(*GROUPS, "shop.view_order"))
    browser.post(reverse("admin:auth_group_add"), {"name": "Lookers", "permissions": named("shop.view_order")})

    group = Group.objects.get(name="Lookers")
    assert list(group.permissions.values_list("codename", flat=True)) == ["view_order"]
    assert SecurityEvent.objects.filter(kind="role_changed", details__group=group.pk).exists()
    browser.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})
    assert not Group.objects.filter(name="Lookers").exists()


@pytest.mark.parametrize("code", ROLES.names())
def test_a_ready_made_role_is_read_and_not_written(code):
    browser = browser_of(UserFactory(is_staff=True, is_superuser=True), language="fr")
    group = role(code)

    assert str(ROLES.get(code).label)
    assert browser.get(page_of(group)).status_code == 200
    assert browser.post(page_of(group), {"name": "x", "permissions": []}).status_code == 403
    assert browser.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
    browser.post(reverse("admin:auth_group_changelist"), chosen)
    assert role(code).permissions.count() == len(ROLES.get(code).permissions)


# --- People ---


def test_staff_without_the_right_to_give_rights_give_none():
    browser, alice = browser_of(staff(*PEOPLE, "shop.view_order")), UserFactory()

    post(browser, alice, is_staff="on", groups=[role("sales").pk], user_permissions=named("shop.view_order"))

    assert rights_stored(alice) == (False, False, [], True)


def test_who_gives_rights_gives_those_they_have_and_no_others():
    giver = staff(*PEOPLE, "accounts.give_rights", *ROLES.get("catalogue").permissions)
    browser, alice = browser_of(giver), UserFactory()

    post(browser, alice, is_staff="on", groups=[role("catalogue").pk])
    alice.refresh_from_db()
    assert (alice.is_staff, [each.pk for each in alice.groups.all()]) == (True, [role("catalogue").pk])

    before = rights_stored(alice)
    for changes in (
        {"groups": [role("catalogue").pk, role("accounting").pk]},
        {"groups": [role("administrator").pk]},
        {"groups": [role("catalogue").pk], "is_superuser": "on"},
        {"groups": [role("catalogue").pk], "user_permissions": named("shop.confirm_money")},
    ):
        post(browser, alice, **changes)
        assert rights_stored(alice) == before


def test_an_administrator_gives_every_role_but_makes_no_superuser():
    browser, alice = browser_of(in_role("administrator")), UserFactory()

    for code in ROLES.names():
        post(browser, alice, is_staff="on", groups=[role(code).pk], is_superuser="on")
        alice.refresh_from_db()
        assert [each.pk for each in alice.groups.all()] == [role(code).pk]
        assert alice.is_superuser is False


@pytest.mark.parametrize("changes", [{"first_name": "Changed"}, {"is_active": ""}, {"groups": []}, {"is_staff": ""}])
def test_a_person_with_more_rights_is_not_touched(changes):
    browser = browser_of(staff(*PEOPLE, "accounts.give_rights"))
    for boss in (in_role("accounting", first_name="Boss"), UserFactory(is_superuser=True, first_name="Boss")):
        before = rights_stored(boss)
        assert browser.post(page_of(boss), {"first_name": "Changed", "is_active": "", **changes}).status_code == 403
        assert rights_stored(boss) == before
        boss.refresh_from_db()
        assert boss.first_name == "Boss"


def test_a_person_with_more_rights_keeps_their_factor():
    clerk, boss = in_role("support"), in_role("administrator")
    clerk.user_permissions.set(named("accounts.take_factor_away"))
    alice = UserFactory()
    for user in (boss, alice):
        TOTP.activate(user, generate_totp_secret())
    browser = browser_of(User.objects.get(pk=clerk.pk))

    for user in (boss, alice):
        chosen = {"action": "take_second_factor_away", "_selected_action": [user.pk]}
        browser.post(reverse("admin:accounts_user_changelist"), chosen)

    assert list(Authenticator.objects.values_list("user_id", flat=True)) == [boss.pk]


def test_single_permissions_are_taken_away_and_not_given():
    merchant = browser_of(UserFactory(is_staff=True, is_superuser=True))
    alice, bob = staff("shop.view_order", "shop.view_payment"), UserFactory(is_staff=True)

    post(merchant, alice, user_permissions=[*named("shop.view_order")])
    post(merchant, bob, user_permissions=[*named("shop.view_order")])

    assert sorted(User.objects.get(pk=alice.pk).get_all_permissions()) == ["shop.view_order"]
    assert not User.objects.get(pk=bob.pk).get_all_permissions()
    assert "user_permissions" not in merchant.get(page_of(bob)).content.decode()


def test_roles_are_offered_with_a_sentence_in_the_readers_language():
    merchant, alice = UserFactory(is_staff=True, is_superuser=True), UserFactory()
    for language, word in (("en", "Confirms money"), ("fr", "Confirme les paiements")):
        assert word in browser_of(merchant, language=language).get(page_of(alice)).content.decode()


# --- The service ---


def wanted(**changes) -> Wanted:
    fields = {"is_staff": True, "is_superuser": False, "groups": frozenset(), "permissions": frozenset()}
    return Wanted(**fields | changes)


def give(actor, user, **changes):
    return change_rights(user_id=user.pk, wanted=wanted(**changes), actor_id=actor.pk, now=timezone.now())


def test_the_service_reads_the_givers_rights_anew():
    giver, alice = in_role("administrator"), UserFactory()
    assert giver.has_perm("shop.confirm_money")
    User.objects.get(pk=giver.pk).groups.clear()

    with pytest.raises(MayNotGive):
        give(giver, alice, groups=frozenset([role("accounting").pk]))


def test_the_service_refuses_more_than_the_giver_has():
    giver, boss = staff("accounts.give_rights"), in_role("accounting")
    with pytest.raises(RightNotHeld):
        give(giver, UserFactory(), permissions=frozenset(named("shop.confirm_money")))
    with pytest.raises(RightNotHeld):
        give(giver, giver, is_superuser=True)
    with pytest.raises(HasMoreRights):
        give(giver, boss)


def test_a_closed_person_is_measured_by_what_they_would_have_again():
    closed = in_role("accounting", is_active=False)
    with pytest.raises(HasMoreRights):
        give(staff("accounts.give_rights"), closed)


def test_changes_of_rights_are_in_the_security_log():
    merchant, alice = UserFactory(is_superuser=True), UserFactory()

    give(merchant, alice, groups=frozenset([role("sales").pk]))
    give(merchant, alice, is_staff=False)

    events = SecurityEvent.objects.filter(user_id=alice.pk).order_by("pk").values_list("kind", "actor_id")
    told = [(kind, merchant.pk) for kind in ("staff_made", "rights_changed", "staff_ended", "rights_changed")]
    assert list(events) == told


# --- Roles in the database ---


def test_groups_follow_the_table_and_leave_those_of_merchants_alone():
    own = Group.objects.create(name="Sales")
    own.permissions.set(named("shop.view_order"))
    role("sales").permissions.set(named("shop.confirm_money"))

    make_role_groups()

    assert own.permissions.count() == 1
    found = {
        f"{app}.{name}" for app, name in role("sales").permissions.values_list("content_type__app_label", "codename")
    }
    assert found == ROLES.get("sales").permissions


def test_a_name_that_a_merchant_has_given_is_left_to_them():
    StaffRole.objects.all().delete()
    Group.objects.all().delete()
    own = Group.objects.create(name="amphi-sales")

    make_role_groups()

    assert role("sales").name == "amphi-sales-2"
    assert not own.permissions.exists()
