"""Every ready-made role at every page and button of the administration, as the tables say.

A column for each role: `look` the list and the row, `write` the row's form as well, `-` forbidden. Buttons are pressed
with a POST: `may` means that the right was there, whatever became of it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.staff.roles import ROLES, make_role_groups
from tests.factories.accounts import UserFactory
from tests.matrix.table import rows_of
from tests.matrix.urlconf import addresses, names_of_model_pages, page_name, registered_models
from tests.matrix.visits import undone, visit
from tests.matrix.world import World, make_world, signed_in

pytestmark = pytest.mark.django_db

PAGES = """
                          catalogue sales accounting support administrator
accounts.addresslink      -         -     -          look    look
accounts.approval         -         -     look       -       look
accounts.customeraccount  -         look  look       write   add
accounts.delegation       -         -     -          look    look
accounts.erasurerequest   -         -     -          -       look
accounts.securityevent    -         -     -          -       look
accounts.user             -         -     -          add     add
auth.group                -         -     -          -       all
billing.chartaccount      -         -     all        -       all
billing.closure           -         -     look       -       look
billing.ledgerentry       -         -     look       -       look
catalog.category          all       look  look       look    all
catalog.entry             all       look  look       look    all
catalog.tax               look      -     all        -       all
documents.document        -         -     look       -       look
documents.numberformats   -         -     look       -       write
enrolments.course         add       look  -          look    add
enrolments.coursegroup    add       look  -          add     add
enrolments.enrolment      -         -     -          look    look
enrolments.joinlink       -         look  -          look    look
enrolments.peoplelist     -         -     -          look    look
enrolments.role           look      -     -          look    add  # a standing role
enrolments.seat           -         look  -          look    look
enrolments.seatbatch      -         look  -          look    look
enrolments.waitingplace   -         look  -          look    look
handlers.brokenhook       look      -     -          look    delete
outbox.job                -         -     -          look    look
outbox.mail               -         look  look       look    look
shop.bankstatement        -         -     look       -       look
shop.bookexport           -         -     look       -       look
shop.documentsending      -         -     look       -       look
shop.duepart              -         -     look       -       look
shop.legaltext            -         -     look       -       all
shop.missingpaper         -         -     look       -       look
shop.order                -         look  look       look    look
shop.payment              -         look  look       -       look
shop.paymentattempt       -         -     look       -       look
shop.paymentevent         -         -     look       -       look
shop.paymentplan          -         -     add        -       add
shop.phoneorder           -         add   -          -       add
shop.platformsettings     -         -     look       -       write
shop.providersettings     -         -     look       -       write
shop.refund               -         -     look       -       look
shop.secondchargerule     -         -     look       -       look
shop.transferfile         -         -     look       -       look
shop.shopidentity         -         -     look       -       write
shop.statementline        -         -     look       -       look
"""

BUTTONS = """
                              catalogue sales accounting support administrator
accounts_approval_approve     -         -     may        -       may
accounts_approval_decline     -         -     may        -       may
accounts_erasurerequest_erase  -        -     -          -       may
accounts_erasurerequest_note  -         -     -          -       may
accounts_erasurerequest_refuse -        -     -          -       may
billing_closure_close         -         -     may        -       may
catalog_course_choices        may       -     -          -       may
catalog_entry_duplicate       may       -     -          -       may
catalog_entry_new             may       -     -          -       may
catalog_entry_preview         may       may   may        may     may
catalog_entry_try             may       -     -          -       may
documents_document_file       -         -     may        -       may
enrolments_course_end         -         -     -          may     may
enrolments_course_enrol       -         -     -          may     may
enrolments_seatbatch_give     -         -     -          may     may
enrolments_seatbatch_lift_move_limit - -    -          may     may
outbox_job_dismiss            -         -     -          may     may
outbox_job_retry              -         -     -          may     may
outbox_mail_body              -         may   may        may     may
outbox_mail_dismiss           -         may   -          may     may
outbox_mail_resend            -         may   -          may     may
shop_account_note             -         may   may        may     may
shop_bookexport_download      -         -     may        -       may
shop_bookexport_make          -         -     may        -       may
shop_bankstatement_columns    -         -     may        -       may
shop_bankstatement_discard    -         -     may        -       may
shop_bankstatement_import     -         -     may        -       may
shop_bankstatement_send       -         -     may        -       may
shop_duepart_pause            -         -     may        -       may
shop_duepart_resume           -         -     may        -       may
shop_shopidentity_preview     -         -     may        -       may
shop_statementline_aside      -         -     may        -       may
shop_statementline_confirm    -         -     may        -       may
shop_statementline_fee        -         -     may        -       may
shop_statementline_keep       -         -     may        -       may
shop_statementline_payout     -         -     may        -       may
shop_statementline_sure       -         -     may        -       may
shop_legaltext_next           -         -     -          -       may
shop_platformsettings_check   -         -     -          -       may
shop_platformsettings_remove  -         -     -          -       may
shop_providersettings_check   -         -     -          -       may
shop_providersettings_remove  -         -     -          -       may
shop_legaltext_publish        -         -     -          -       may
shop_order_billing            -         may   may        may     may
shop_order_cancel             -         may   may        -       may
shop_order_correct_document   -         -     may        -       may
shop_order_missing_papers     -         -     may        -       may
shop_order_pro_forma          -         -     may        -       may
shop_order_give_back          -         -     may        -       may
shop_order_give_back_all      -         -     may        -       may
shop_order_give_back_tutors   -         -     may        -       may
shop_order_lift               -         may   may        may     may
shop_order_go_on              -         may   may        may     may
shop_order_note               -         may   may        may     may
shop_order_owed_again         -         -     may        -       may
shop_order_pay_back           -         -     may        -       may
shop_order_payment            -         -     may        -       may
shop_order_plan               -         -     may        -       may
shop_order_payer              -         -     may        -       may
shop_order_together           -         -     may        -       may
shop_order_promise            -         -     may        -       may
shop_account_terms            -         -     may        -       may
shop_order_retry              -         may   may        may     may
shop_order_send_back          -         -     may        -       may
shop_order_units              -         may   may        may     may
shop_paymentevent_apply       -         -     may        -       may
shop_payment_charge_back      -         -     may        -       may
shop_payment_came_again       -         -     may        -       may
shop_paymentevent_credit      -         -     may        -       may
shop_paymentevent_reopen      -         -     may        -       may
shop_paymentevent_resolve     -         -     may        -       may
shop_paymentevent_send_back   -         -     may        -       may
shop_refund_arrived           -         -     may        -       may
shop_refund_came_back         -         -     may        -       may
shop_secondchargerule_switch  -         -     may        -       may
shop_transferfile_download    -         -     may        -       may
shop_transferfile_sent        -         -     may        -       may
shop_transferfile_discard     -         -     may        -       may
shop_account_send_credit      -         -     may        -       may
shop_phoneorder_accepted      -         may   -          -       may
shop_phoneorder_customer      -         may   -          -       may
shop_phoneorder_discard       -         may   -          -       may
shop_phoneorder_lines         -         may   -          -       may
shop_phoneorder_send          -         may   -          -       may
shop_phoneorder_units         -         may   -          -       may
"""

CODES = rows_of(PAGES)[0]
PAGE_RULES = {label: dict(zip(CODES, rights, strict=True)) for label, *rights in rows_of(PAGES)[1:]}
BUTTON_RULES = {name: dict(zip(CODES, rights, strict=True)) for name, *rights in rows_of(BUTTONS)[1:]}
# Which of list, add and delete each word opens; `write` and more also save the row's form.
OPENS = {
    "-": set(),
    "look": {"list", "row"},
    "delete": {"list", "row", "delete"},
    "write": {"list", "row", "write"},
    "add": {"list", "row", "write", "add"},
    "all": {"list", "row", "write", "add", "delete"},
}
# Orders have buttons alone, and a group of an order is only read.
WITHOUT_FORM = {"shop.order", "shop.phoneorder", "enrolments.coursegroup"}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: pytest.FixtureDef) -> Iterator[tuple[World, dict[str, str]]]:
    """Make the world once, with a member of the staff in each role."""
    logging.disable(logging.WARNING)
    with django_db_blocker.unblock():
        outside = transaction.atomic()
        outside.__enter__()
        made = make_world()
        make_role_groups()
        sessions = {}
        for code in CODES:
            person = UserFactory(is_staff=True)
            person.groups.add(Group.objects.get(staff_role__code=code))
            sessions[code] = signed_in(person)
    yield made, sessions
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outside.__exit__(None, None, None)
    logging.disable(logging.NOTSET)


def page_of(label: str, page: str) -> str:
    row = registered_models()[label]._default_manager.first()
    assert row is not None
    return reverse(page_name(label, page), args=[row.pk] if page in ("row", "delete") else [])


def url_of(name: str, world: World) -> str:
    [address] = [each for each in addresses() if each.name == name]
    values = world.arguments(name)
    return reverse(name, kwargs={parameter: values[parameter] for parameter in address.parameters})


def test_the_tables_name_every_role_page_and_button():
    labels = {label.split(".")[0] for label in registered_models()}
    own = {each.name.removeprefix("admin:") for each in addresses() if each.name.startswith("admin:")}
    of_models = {name.removeprefix("admin:") for name in names_of_model_pages()}

    assert ROLES.names() == CODES
    assert PAGE_RULES.keys() == registered_models().keys()
    assert BUTTON_RULES.keys() == {name for name in own - of_models if name.split("_")[0] in labels}


@pytest.mark.parametrize("label", PAGE_RULES)
def test_pages(world, label):
    _made, sessions = world
    for code, word in PAGE_RULES[label].items():
        opened = {
            page
            for page in ("list", "row", "add", "delete")
            if visit("GET", page_of(label, page), session=sessions[code]) in ("page", "go")
        }
        assert opened == OPENS[word] - {"write"}, code


@pytest.mark.parametrize("label", PAGE_RULES)
def test_forms(world, label):
    _made, sessions = world
    for code, word in PAGE_RULES[label].items():
        if label not in WITHOUT_FORM:
            found = visit("POST", page_of(label, "row"), session=sessions[code], posted={})
            assert (found not in ("403", "405")) == ("write" in OPENS[word]), (code, found)
        found = visit("POST", page_of(label, "add"), session=sessions[code], posted={})
        assert (found not in ("403", "405")) == ("add" in OPENS[word]), (code, found)


@pytest.mark.parametrize("name", BUTTON_RULES)
def test_buttons(world, name):
    made, sessions = world
    for code, word in BUTTON_RULES[name].items():
        posted = made.posted(f"admin:{name}", "administrator")
        found = visit("POST", url_of(f"admin:{name}", made), session=sessions[code], posted=posted)
        assert (found != "403") == (word == "may"), (code, found)


@pytest.mark.parametrize("code", CODES)
def test_the_sidebar_leads_only_where_the_role_may_go_and_everywhere_it_may(world, code):
    _made, sessions = world
    client = Client(headers={"accept-language": "en"})
    client.cookies[settings.SESSION_COOKIE_NAME] = sessions[code]
    with undone():
        page = client.get("/admin/")
        assert page.status_code == 200
        links = {item["link"] for group in page.context["sidebar_navigation"] for item in group["items"]}
        lists = {reverse(page_name(label, "list")) for label, words in PAGE_RULES.items() if words[code] != "-"}
        assert {str(link) for link in links} - {"/admin/"} == lists
        for count in page.context["counts"]:
            assert client.get(count.url).status_code in (200, 302), count.label


@pytest.mark.parametrize("code", CODES)
def test_an_orders_page_shows_the_roles_buttons_and_no_others(world, code):
    made, sessions = world
    client = Client(headers={"accept-language": "en"})
    client.cookies[settings.SESSION_COOKIE_NAME] = sessions[code]
    with undone():
        answer = client.get(reverse("admin:shop_order_change", args=[made.ours.order.pk]))
        shown = answer.content.decode() if answer.status_code == 200 else ""
    for name in ("shop_order_payment", "shop_order_cancel", "shop_order_billing", "shop_order_note"):
        assert (url_of(f"admin:{name}", made) in shown) == (BUTTON_RULES[name][code] == "may"), name
