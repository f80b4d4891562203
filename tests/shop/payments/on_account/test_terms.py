"""Terms on account, set by the merchant on the page of a customer account."""

import re
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from accounts.members.models import CustomerAccount
from tests.factories.accounts import MembershipFactory
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    account = MembershipFactory(is_owner=True).account
    CustomerAccount.objects.filter(pk=account.pk).update(credit_limit=Decimal(5000), credit_days=30)
    return account


@pytest.fixture
def browser():
    return browser_of(staff("shop.set_terms", "accounts.view_customeraccount", "accounts.change_customeraccount"))


def shown(browser, account, language):
    """Return the form's `seen`, as the page of the account shows it in a language."""
    page = reverse("admin:accounts_customeraccount_change", args=[account.pk])
    text = browser.get(page, headers={"accept-language": language}).content.decode()
    form = text[text.index('id="terms"') :]
    return re.search(r'name="seen" value="([^"]*)"', form)[1]


def keep(browser, account, **typed):
    typed = {"limit": "5000", "days": "30", "reminds": "yes", "after_service": "no"} | typed
    browser.post(reverse("admin:shop_account_terms", args=[account.pk]), typed)
    account.refresh_from_db()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_terms_are_changed_from_a_page_in_each_language(account, browser, language):
    keep(browser, account, limit="6000", seen=shown(browser, account, language))
    assert account.credit_limit == 6000


@pytest.mark.parametrize(
    "meanwhile",
    [{"limit": "7000"}, {"days": "45"}, {"reminds": "no"}, {"after_service": "yes"}],
    ids=lambda each: next(iter(each)),
)
def test_a_page_that_is_stale_takes_back_nothing_that_another_changed(account, browser, meanwhile):
    stale = shown(browser, account, "en")
    keep(browser, account, seen=stale, **meanwhile)
    kept = LogEntry.objects.count()
    after = CustomerAccount.objects.filter(pk=account.pk).values().get()

    keep(browser, account, seen=stale, limit="9000")

    assert CustomerAccount.objects.filter(pk=account.pk).values().get() == after
    assert LogEntry.objects.count() == kept


def test_the_history_tells_what_was_and_what_is(account, browser):
    keep(browser, account, days="45", reminds="no", seen=shown(browser, account, "en"))
    [entry] = LogEntry.objects.all()
    assert "5000.00:30:True:False → 5000.00:45:False:False" in entry.change_message
