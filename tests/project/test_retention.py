"""Every table is tidied by age, or there is a reason why its rows stay."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from accounts.security_log.models import KEPT_AT_LEAST
from common.tidying import TIDYINGS
from project.settings.retention import KEPT, MOST_DAYS, days_of
from tests.project.test_settings import COMPLETE, run_with
from tests.servers import PROJECT

SALE = "what was sold, to whom and by whom it was handled: kept with the order, for the books"
TRAINING = "who learns what, and by which right: the training record, kept with the person"
PERSON = "a person or an account, until it is closed or erased by hand"
CATALOGUE = "the merchant's own catalogue; nobody's data"
LEDGER = "the ledger: keys and amounts, no person and no typed text"
SHOP = "the shop's own texts and settings; nobody's data"

STAYS = {
    "account_emailaddress": PERSON,
    "account_emailconfirmation": "never written: addresses are proved by codes",
    "accounts_approval": "tells who asked for an act and who allowed it",
    "accounts_customeraccount": PERSON,
    "accounts_delegation": PERSON,
    "accounts_detachment": PERSON,
    "accounts_erasurerequest": "tells that an erasure was asked for and carried out; it names people by their keys",
    "accounts_memberinvitation": "listed in its account, which withdraws it",
    "accounts_memberevent": "the history of the account; it names people by their keys",
    "accounts_membership": PERSON,
    "accounts_staffrole": SHOP,
    "accounts_team": PERSON,
    "accounts_user": PERSON,
    "accounts_user_groups": PERSON,
    "accounts_user_user_permissions": PERSON,
    "auth_group": SHOP,
    "auth_group_permissions": SHOP,
    "auth_permission": SHOP,
    "billing_chartaccount": SHOP,
    "billing_closure": LEDGER,
    "billing_ledgerentry": LEDGER,
    "billing_ledgerline": LEDGER,
    "billing_ledgerseal": LEDGER,
    "billing_unsealedentry": LEDGER,
    "catalog_category": CATALOGUE,
    "catalog_entry": CATALOGUE,
    "catalog_entryfield": CATALOGUE,
    "catalog_pricetier": CATALOGUE,
    "catalog_tax": CATALOGUE,
    "catalog_taxrate": CATALOGUE,
    "django_content_type": SHOP,
    "documents_picture": "logos of the seller in documents",
    "documents_numberformats": SHOP,
    "documents_series": "counts of numbers; nobody's data",
    "enrolments_calendarlink": "until the person ends it; it tells nothing but the person and the account",
    "enrolments_course": CATALOGUE,
    "enrolments_coursegroup": TRAINING,
    "enrolments_coursename": CATALOGUE,
    "enrolments_enrolment": TRAINING,
    "enrolments_enrolmentevent": TRAINING,
    "enrolments_event": TRAINING,
    "enrolments_ground": TRAINING,
    "enrolments_placehold": "held for an unpaid order, and given back when that ends",
    "enrolments_role": SHOP,
    "enrolments_seat": TRAINING,
    "enrolments_seatbatch": TRAINING,
    "enrolments_seatextension": TRAINING,
    "enrolments_seatevent": TRAINING,
    "enrolments_waitingevent": "the history of the account; it names people by their keys",
    "enrolments_usedup": "tells that operators were told, once for a batch of seats",
    "mfa_authenticator": PERSON,
    "shop_bookexport": "tells who made which file for the accountant, with its digest; it names people by their keys",
    "shop_frozenseller": SALE,
    "shop_legaltext": SHOP,
    "shop_moneyhandling": SALE,
    "shop_allocation": SALE,
    "shop_duereminder": SALE,
    "shop_documentsending": SALE,
    "shop_reminderpause": SALE,
    "shop_bankcolumns": SHOP,
    "shop_lineshare": SALE,
    "shop_payment": SALE,
    "shop_paymentattempt": SALE,
    "shop_cardcharge": SALE,
    "shop_savedcard": SALE,
    "shop_refundcall": SALE,
    "shop_chargeback": SALE,
    "shop_paymentrequest": SALE,
    "shop_refund": SALE,
    "shop_missingpaper": SALE,
    "shop_vatcheck": SALE,
    "shop_invoicedline": "deleted with its document",
    "shop_settlement": SALE,
    "shop_secondchargerule": SALE,
    "shop_transferfile": SALE,
    "shop_withdrawal": SALE,
    "shop_shopidentity": SHOP,
    "shop_providersettings": SHOP,
    "shop_paymentplan": SHOP,
    "shop_paymentplan_entries": SHOP,
    "outbox_outsideservice": SHOP,
}


def tables() -> set[str]:
    of_models = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    return of_models | {settings.CACHES["default"]["LOCATION"]}


def tidied() -> set[str]:
    return {table for tidying in TIDYINGS for table in tidying.tables}


def test_every_table_is_tidied_or_has_a_reason():
    assert sorted(tables() - tidied() - STAYS.keys()) == []
    assert sorted((tidied() | STAYS.keys()) - tables()) == []
    assert sorted(tidied() & STAYS.keys()) == []


def test_every_line_of_the_table_has_its_function_and_every_function_its_line():
    assert sorted(TIDYINGS.names()) == sorted(settings.RETENTION)


def test_the_documentation_has_the_same_table():
    page = (PROJECT / "docs" / "deploy.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `KEEP_(\w+)_DAYS` \|[^|]*\| (\d+) \| (\d+) \|$", page, re.MULTILINE)

    assert {name.lower(): (int(days), int(least)) for name, days, least in rows} == KEPT


def test_what_the_database_refuses_to_delete_is_not_asked_of_it():
    assert timedelta(days=KEPT["security_log"][1]) == KEPT_AT_LEAST


@pytest.mark.parametrize("name", KEPT)
def test_a_line_is_overridden_within_its_bounds(monkeypatch, name):
    _days, at_least = KEPT[name]
    for days in (at_least, at_least + 7, MOST_DAYS):
        monkeypatch.setenv(f"KEEP_{name.upper()}_DAYS", str(days))
        assert days_of(name) == days
    monkeypatch.setenv(f"KEEP_{name.upper()}_DAYS", " ")
    assert days_of(name) == KEPT[name][0]


@pytest.mark.parametrize("written", ["89", "-1", "x", "90.5", "36501", "٩٠٠", "9" * 5000])
def test_other_values_are_refused(monkeypatch, written):
    monkeypatch.setenv("KEEP_SECURITY_LOG_DAYS", written)

    with pytest.raises(ImproperlyConfigured, match="KEEP_SECURITY_LOG_DAYS is a whole number of days from 90 to 36500"):
        days_of("security_log")


def test_the_shop_does_not_start_with_such_a_value():
    done = run_with(COMPLETE | {"KEEP_MAILS_DAYS": "7"}, "production", "DEBUG")

    assert done.returncode != 0
    assert "Amphi does not start: KEEP_MAILS_DAYS is a whole number of days" in done.stderr
