"""Rights of their own for acts on orders, given to all who could act before there were such rights."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from accounts.people.models import User
from accounts.staff.roles import among
from tests.shop.merchants import staff

pytestmark = pytest.mark.django_db
MONEY, ENDING = {"confirm_money", "note_paid_back"}, {"give_back_units", "cancel_order"}


def hand_on():
    import_module("shop.migrations.0022_rights_of_orders").hand_on(apps, None)


def names(permissions):
    return set(permissions.values_list("codename", flat=True))


def test_people_and_groups_keep_what_they_could_do():
    confirms, acts, looks = staff("shop.add_payment"), staff("shop.change_order"), staff("shop.view_order")
    both = Group.objects.create(name="Both")
    both.permissions.set(Permission.objects.filter(among(["shop.add_payment", "shop.change_order"])))

    for _twice in range(2):
        hand_on()

    assert names(confirms.user_permissions) == {"add_payment", *MONEY}
    assert names(acts.user_permissions) == {"change_order", *ENDING}
    assert names(looks.user_permissions) == {"view_order"}
    assert names(both.permissions) == {"add_payment", "change_order", *MONEY, *ENDING}


def test_rights_that_no_migrate_has_made_yet_are_made():
    acts = staff("shop.change_order")
    Permission.objects.filter(codename__in=ENDING | MONEY).delete()

    hand_on()

    assert User.objects.get(pk=acts.pk).has_perms(["shop.cancel_order", "shop.give_back_units"])


def test_those_who_confirm_money_accept_promises_and_agree_terms():
    confirms, acts = staff("shop.confirm_money"), staff("shop.change_order")
    Permission.objects.filter(codename__in={"accept_promise", "set_terms"}).delete()

    for _twice in range(2):
        import_module("shop.migrations.0051_rights_of_promises").hand_on(apps, None)

    assert names(confirms.user_permissions) == {"confirm_money", "accept_promise", "set_terms"}
    assert names(acts.user_permissions) == {"change_order"}
