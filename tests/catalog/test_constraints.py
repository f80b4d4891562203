"""Constraints of the catalogue, each broken by raw SQL."""

from datetime import date
from decimal import Decimal

import pytest

from billing.taxes.kinds import TaxKind
from catalog.models.taxes import Tax
from catalog.services.taxes import save_tax
from tests.constraints import broken, run
from tests.factories.catalog import CategoryFactory, EntryFactory, TaxFactory
from tests.factories.entry_fields import ask, make_field

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("rate", ["-0.01", "100.01"])
def test_a_rate_lies_between_0_and_100(rate):
    tax = TaxFactory(kind=TaxKind.UNDECIDED)
    with broken("catalog_tax_rate_range"):
        run("UPDATE catalog_tax SET rate = %s WHERE id = %s", rate, tax.pk)


@pytest.mark.parametrize(
    ("attack", "change"),
    [
        (broken("catalog_tax_kind_known"), "kind = 'odd'"),
        (broken("catalog_tax_exemption_of_exempt"), "exemption = 'training'"),
        (broken("catalog_tax_exemption_of_exempt"), "kind = 'exempt', rate = 0"),
        (broken("catalog_tax_rate_of_kind"), "rate = 0"),
        (broken("catalog_tax_rate_of_kind"), "kind = 'franchise'"),
        (broken("catalog_tax_e_invoicing_known"), "e_invoicing = 'perhaps'"),
    ],
)
def test_kind_reason_and_rate_of_a_tax_code_fit_together(attack, change):
    tax = TaxFactory()
    with attack:
        run(f"UPDATE catalog_tax SET {change} WHERE id = %s", tax.pk)


@pytest.mark.parametrize(
    ("attack", "rate", "days"),
    [
        (broken("catalog_taxrate_one_a_day"), "5.5", "[2027-01-01,)"),
        (broken("catalog_taxrate_one_a_day"), "5.5", "[2020-01-01,2020-01-02)"),
        (broken("catalog_taxrate_some_days"), "5.5", "empty"),
        (broken("catalog_taxrate_range"), "101", "empty"),
    ],
)
def test_a_tax_code_has_one_rate_a_day(attack, rate, days):
    tax = save_tax(tax=Tax(kind=TaxKind.STANDARD), rate=Decimal("20"), today=date(2026, 11, 30))
    with attack:
        run("INSERT INTO catalog_taxrate (tax_id, rate, days) VALUES (%s, %s, %s)", tax.pk, rate, days)


def test_a_category_is_not_its_own_parent():
    category = CategoryFactory()
    with broken("catalog_category_not_own_parent"):
        run("UPDATE catalog_category SET parent_id = id WHERE id = %s", category.pk)


def test_an_address_names_one_category():
    first, second = CategoryFactory(), CategoryFactory()
    with broken("catalog_category_slug_key"):
        run("UPDATE catalog_category SET slug = %s WHERE id = %s", first.slug, second.pk)


def test_a_code_is_unique_whatever_its_case():
    EntryFactory(code="SEC-01")
    other = EntryFactory(code="SEC-02")
    with broken("catalog_entry_code_ci"):
        run("UPDATE catalog_entry SET code = 'sec-01' WHERE id = %s", other.pk)


@pytest.mark.parametrize("code", ["", "-A", "_A", "A B", "É1", "A/B", "A.B", "A\n"])
def test_a_code_has_plain_signs_only(code):
    entry = EntryFactory()
    with broken("catalog_entry_code_signs"):
        run("UPDATE catalog_entry SET code = %s WHERE id = %s", code, entry.pk)


def test_two_entries_never_share_a_specific_handler():
    first, second = EntryFactory(code="Big-Order"), EntryFactory(code="big_order")
    run("UPDATE catalog_entry SET handler = 'specific' WHERE id = %s", first.pk)
    with broken("catalog_entry_specific_folder"):
        run("UPDATE catalog_entry SET handler = 'specific' WHERE id = %s", second.pk)


def test_a_state_is_a_known_one():
    entry = EntryFactory()
    with broken("catalog_entry_state_known"):
        run("UPDATE catalog_entry SET state = 'secret' WHERE id = %s", entry.pk)


def test_an_audience_is_a_known_one():
    entry = EntryFactory()
    with broken("catalog_entry_audience_known"):
        run("UPDATE catalog_entry SET audience = 'friends' WHERE id = %s", entry.pk)


def test_supply_is_a_known_way():
    entry = EntryFactory()
    with broken("catalog_entry_supply_known"):
        run("UPDATE catalog_entry SET supply = 'by post' WHERE id = %s", entry.pk)


def test_vocational_is_a_known_answer():
    entry = EntryFactory()
    with broken("catalog_entry_vocational_known"):
        run("UPDATE catalog_entry SET vocational = 'maybe' WHERE id = %s", entry.pk)


def test_the_smallest_quantity_is_positive():
    entry = EntryFactory()
    with broken("catalog_entry_min_quantity_positive"):
        run("UPDATE catalog_entry SET min_quantity = 0 WHERE id = %s", entry.pk)


def test_the_largest_quantity_is_not_below_the_smallest():
    entry = EntryFactory()
    with broken("catalog_entry_quantity_range"):
        run("UPDATE catalog_entry SET min_quantity = 3, max_quantity = 2 WHERE id = %s", entry.pk)


def test_parameters_belong_to_a_handler():
    entry = EntryFactory()
    with broken("catalog_entry_parameters_of_handler"):
        run("""UPDATE catalog_entry SET parameters = '{"packsize": 3}' WHERE id = %s""", entry.pk)


def test_one_price_per_quantity():
    entry = EntryFactory()
    with broken("catalog_pricetier_quantity"):
        run("INSERT INTO catalog_pricetier (entry_id, from_quantity, unit_net) VALUES (%s, 1, 5)", entry.pk)


def test_a_tier_begins_at_a_positive_quantity():
    entry = EntryFactory()
    with broken("catalog_pricetier_quantity_positive"):
        run("INSERT INTO catalog_pricetier (entry_id, from_quantity, unit_net) VALUES (%s, 0, 5)", entry.pk)


def test_a_price_is_not_negative():
    entry = EntryFactory()
    with broken("catalog_pricetier_price_not_negative"):
        run("INSERT INTO catalog_pricetier (entry_id, from_quantity, unit_net) VALUES (%s, 2, -0.01)", entry.pk)


def a_field(kind: str = "text", **more):
    return ask(EntryFactory(), make_field("size", kind, **more)).fields.get()


def test_a_field_stands_once_in_an_entry():
    entry = ask(EntryFactory(), make_field("size"), make_field("colour"))
    with broken("catalog_entryfield_name_once"):
        run("UPDATE catalog_entryfield SET name = 'size' WHERE entry_id = %s AND name = 'colour'", entry.pk)


@pytest.mark.parametrize("name", ["", "A", "1a", "_a", "a-b", "a b", "é", "a\n"])
def test_the_name_of_a_field_has_plain_signs_only(name):
    field = a_field()
    with broken("catalog_entryfield_name_signs"):
        run("UPDATE catalog_entryfield SET name = %s WHERE id = %s", name, field.pk)


@pytest.mark.parametrize(
    ("kind", "change", "refusal"),
    [
        ("text", "kind = 'secret'", broken("catalog_entryfield_kind_known")),
        ("choice", "choices = '[]'", broken("catalog_entryfield_two_choices")),
        ("choice", """choices = '[{"value": "s"}]'""", broken("catalog_entryfield_two_choices")),
        ("choice", "choices = '{}'", broken("catalog_entryfield_two_choices")),
        ("text", """choices = '[{"value": "s"}, {"value": "m"}]'""", broken("catalog_entryfield_two_choices")),
        ("text", "least = 1", broken("catalog_entryfield_bounds_of_number")),
        ("date", "greatest = 1", broken("catalog_entryfield_bounds_of_number")),
        ("number", "least = 2, greatest = 1", broken("catalog_entryfield_number_range")),
        ("number", "earliest = '2026-01-01'", broken("catalog_entryfield_bounds_of_date")),
        ("text", "latest = '2026-01-01'", broken("catalog_entryfield_bounds_of_date")),
        ("date", "earliest = '2026-01-02', latest = '2026-01-01'", broken("catalog_entryfield_date_range")),
        ("text", "max_length = 0", broken("catalog_entryfield_length_of_text")),
        ("text", "max_length = 501", broken("catalog_entryfield_length_of_text")),
        ("long_text", "max_length = 2001", broken("catalog_entryfield_length_of_text")),
        ("number", "max_length = 3", broken("catalog_entryfield_length_of_text")),
        ("text", "pattern = 'a+'", broken("catalog_entryfield_pattern_of_text")),
        ("long_text", "pattern = 'a+', example = 'a'", broken("catalog_entryfield_pattern_of_text")),
        ("date", "example = 'a'", broken("catalog_entryfield_pattern_of_text")),
    ],
)
def test_what_bounds_an_answer_fits_its_kind(kind, change, refusal):
    field = a_field(kind)
    with refusal:
        run(f"UPDATE catalog_entryfield SET {change} WHERE id = %s", field.pk)


@pytest.mark.parametrize("change", ["cancel_share_kept = -0.01", "cancel_share_kept = 100.01", "cancel_fee = -0.01"])
def test_what_is_kept_when_units_are_cancelled_is_a_part_of_their_price(change):
    entry = EntryFactory()
    with broken("catalog_entry_cancel_kept"):
        run(f"UPDATE catalog_entry SET {change} WHERE id = %s", entry.pk)
