"""Tax codes: their rates in time, and entries that are not on sale while theirs is to be decided."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.taxes.kinds import Exemption, TaxKind
from catalog.models.taxes import Tax
from catalog.offers import buyability
from catalog.reasons import ReasonCode
from catalog.selectors import Shopper
from catalog.services.checks import find_faults
from catalog.services.taxes import RateRefused, save_tax
from tests.constraints import run
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory, TaxFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 30)
TWENTY, TWENTY_ONE = Decimal("20.00"), Decimal("21.00")


def standard(rate=TWENTY) -> Tax:
    return save_tax(tax=Tax(name_en="VAT", name_fr="TVA", kind=TaxKind.STANDARD), rate=rate, today=TODAY)


def test_a_new_code_has_its_rate_ever_since():
    tax = standard()

    assert tax.rates == [[None, "20.00"]]
    assert tax.rate_on(date(1990, 1, 1)) == tax.rate_on(TODAY) == TWENTY


def test_a_rate_set_for_a_later_day_leaves_the_days_before_alone():
    new_year = date(2027, 1, 1)
    tax = save_tax(tax=standard(), rate=TWENTY_ONE, today=TODAY, since=new_year)

    assert tax.rate == tax.rate_on(new_year - timedelta(days=1)) == TWENTY
    assert tax.rate_on(new_year) == tax.rate_on(date(2030, 5, 5)) == TWENTY_ONE


def test_a_rate_set_for_an_earlier_day_replaces_what_was_planned():
    tax = save_tax(tax=standard(), rate=TWENTY_ONE, today=TODAY, since=date(2027, 1, 1))
    save_tax(tax=tax, rate=Decimal("19.00"), today=TODAY, since=date(2026, 12, 15))

    assert tax.rates == [["2026-12-15", "19.00"], [None, "20.00"]]


def test_the_same_rate_again_takes_a_planned_one_back():
    tax = save_tax(tax=standard(), rate=TWENTY_ONE, today=TODAY, since=date(2027, 1, 1))
    save_tax(tax=tax, rate=TWENTY, today=TODAY)

    assert tax.rates == [[None, "20.00"]]


def test_days_that_are_over_keep_their_rate():
    with pytest.raises(RateRefused):
        save_tax(tax=standard(), rate=TWENTY_ONE, today=TODAY, since=TODAY - timedelta(days=1))


def test_a_rate_of_nothing_is_no_standard_rate():
    with pytest.raises(RateRefused):
        standard(rate=Decimal(0))


def test_other_kinds_have_no_rate_whatever_was_typed():
    tax = save_tax(tax=Tax(kind=TaxKind.EXEMPT, exemption=Exemption.TRAINING), rate=TWENTY, today=TODAY)

    assert tax.rate == tax.rate_on(TODAY) == 0


def test_a_code_that_the_last_release_wrote_has_the_rate_of_its_own():
    run("INSERT INTO catalog_tax (name, name_en, name_fr, rate) VALUES ('VAT', 'VAT', 'TVA', 7)")
    tax = Tax.objects.get()

    assert tax.kind == TaxKind.UNDECIDED
    assert tax.rate_on(TODAY) == 7
    tax.kind = TaxKind.REDUCED
    save_tax(tax=tax, rate=Decimal("8"), today=TODAY, since=date(2027, 1, 1))
    assert tax.rates == [["2027-01-01", "8.00"], [None, "7.00"]]


def test_an_entry_whose_code_is_to_be_decided_is_not_on_sale_and_says_so():
    entry = EntryFactory(tax=TaxFactory(kind=TaxKind.UNDECIDED, rate="0.00"))

    verdict = buyability(entry=entry, shopper=Shopper(), now=timezone.now())
    assert [reason.code for reason in verdict.reasons] == [ReasonCode.TAX_UNDECIDED]
    assert [finding.field for finding in find_faults(entry)] == ["tax"]
    page = Client(headers={"accept-language": "en"}).get(entry.get_absolute_url()).content.decode()
    assert "This is not on sale for the moment." in page


def test_the_mention_is_the_merchants_words_else_the_usual_ones():
    tax = TaxFactory(rate="0.00", mention_en="Exempt, as we say")

    assert tax.terms()["mention"] == {"en": "Exempt, as we say", "fr": "Exonération de TVA, art. 261-4-4° a du CGI"}


def merchant() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def test_the_page_of_a_code_says_what_papers_say_and_plans_a_rate():
    tax, client = standard(), merchant()
    page = reverse("admin:catalog_tax_change", args=[tax.pk])
    form = client.get(page).context["adminform"].form
    later = timezone.localdate() + timedelta(days=40)
    typed = {
        **{name: form[name].value() or "" for name in form.fields},
        "name_en": "VAT",
        "name_fr": "TVA",
        "rate": "21",
        "since": later.isoformat(),
    }

    client.post(page, typed)

    tax.refresh_from_db()
    assert tax.rate == TWENTY
    assert tax.rate_on(later) == TWENTY_ONE
    assert "category S" in client.get(page).content.decode()


def test_an_exempt_code_asks_for_its_reason_and_drops_the_rate():
    client, typed = merchant(), {"name_en": "Exempt", "name_fr": "Exonéré", "kind": "exempt", "rate": "20"}
    add = reverse("admin:catalog_tax_add")

    assert list(client.post(add, typed).context["adminform"].form.errors) == ["exemption"]
    client.post(add, typed | {"exemption": "training"})

    assert Tax.objects.get().rate == 0
