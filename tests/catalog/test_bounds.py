"""Bounds of what a merchant writes, at the last value allowed and the first one refused; and the fields to blame."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.utils import translation
from PIL import Image

from catalog.guards import CUSTOMER_CHECKS, SOLD_CHECKS, is_customer, sold_among
from catalog.models.entries import Entry
from catalog.models.entry_fields import EntryField
from catalog.pricing import price_line, tier_for, tiers_of
from catalog.services import duplicate, images
from catalog.services.categories import save_category
from catalog.services.derived import fill_derived
from catalog.services.duplicate import duplicate_entry
from catalog.services.entries import is_code_fixed, lock_entry, save_entry, set_prices
from catalog.services.entry_fields import FieldRefused, TooManyFields, copies_of, problems_of, set_fields
from catalog.services.errors import CategoryLoop, CodeFixed, CodeTaken, EntryChangedMeanwhile, ImageRefused, TooDeep
from catalog.services.images import prepare_image
from tests.factories.accounts import UserFactory
from tests.factories.catalog import CategoryFactory, EntryFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


# --- Fields ---


def field(**columns) -> EntryField:
    return EntryField(**({"name": "size", "kind": "text", "label_fr": "Taille"} | columns))


def choices(count: int, *, value: str = "v", label: str = "L") -> list[dict[str, object]]:
    return [{"value": f"{value}{number}", "label": {"en": label}} for number in range(count)]


@pytest.mark.parametrize(
    "columns",
    [
        {"name": "a" * 40},
        {"name": "a_1"},
        {"label_fr": "", "label_en": "Size"},
        {"max_length": 1},
        {"max_length": 500},
        {"kind": "long_text", "max_length": 2_000},
        {"kind": "number", "least": Decimal(1), "greatest": Decimal(1)},
        {"kind": "number", "least": Decimal(1)},
        {"kind": "number", "greatest": Decimal(1)},
        {"kind": "date", "earliest": DAY, "latest": DAY},
        {"kind": "date", "latest": DAY},
        {"kind": "date", "earliest": DAY},
        {"kind": "choice", "choices": choices(2)},
        {"kind": "choice", "choices": choices(60)},
        {"kind": "choice", "choices": choices(2, value="v" * 59)},
        {"kind": "choice", "choices": choices(2, label="L" * 150)},
        {"pattern": "[A-Z]{2}", "example": "AB"},
        {"example": "x" * 500},
        {"example": "xx", "max_length": 2},
    ],
)
def test_a_field_may_be_like_this(columns):
    assert problems_of(field(**columns)) == []


@pytest.mark.parametrize(
    ("columns", "blamed", "says"),
    [
        ({"name": "a" * 41}, "name", "small letter"),
        ({"name": "A"}, "name", "small letter"),
        ({"name": "a\n"}, "name", "small letter"),
        ({"kind": "smell"}, "kind", "does not exist"),
        ({"label_fr": ""}, "label_fr", "needs a label"),
        ({"choices": choices(2)}, "choices", "Only a choice"),
        ({"kind": "choice", "choices": choices(1)}, "choices", "at least two"),
        ({"kind": "choice", "choices": choices(61)}, "choices", "At most 60 choices"),
        ({"kind": "choice", "choices": choices(2, value="v" * 60)}, "choices", "between 1 and 60 signs: “vvv"),
        ({"kind": "choice", "choices": [{"value": "", "label": {}}, *choices(1)]}, "choices", "between 1 and 60"),
        ({"kind": "choice", "choices": choices(1) * 2}, "choices", "“v0” stands there twice"),
        ({"kind": "choice", "choices": choices(2, label="L" * 151)}, "choices", "at most 150 signs"),
        ({"least": Decimal(1)}, "least", "Only a number"),
        ({"greatest": Decimal(1)}, "least", "Only a number"),
        ({"kind": "number", "least": Decimal(2), "greatest": Decimal(1)}, "greatest", "below the least"),
        ({"earliest": DAY}, "earliest", "Only a date"),
        ({"latest": DAY}, "earliest", "Only a date"),
        ({"kind": "date", "earliest": DAY, "latest": DAY - timedelta(days=1)}, "latest", "before the earliest"),
        ({"kind": "number", "max_length": 5}, "max_length", "Only a text"),
        ({"max_length": 0}, "max_length", "between 1 and 500"),
        ({"max_length": 501}, "max_length", "between 1 and 500"),
        ({"kind": "long_text", "max_length": 2_001}, "max_length", "between 1 and 2000"),
        ({"kind": "number", "pattern": "[A-Z]"}, "pattern", "Only a text"),
        ({"kind": "number", "example": "A"}, "pattern", "Only a text"),
        ({"example": "x" * 501}, "example", "longer than an answer"),
        ({"example": "xxx", "max_length": 2}, "example", "longer than an answer"),
        ({"pattern": "[", "example": "x"}, "pattern", "cannot be read"),
        ({"pattern": "[A-Z]"}, "example", "needs an example"),
        ({"pattern": "[A-Z]", "example": "a"}, "example", "does not match"),
    ],
)
def test_a_field_may_not_be_like_that(columns, blamed, says):
    problems = problems_of(field(**columns))

    assert [problem.column for problem in problems][:1] == [blamed]
    assert says in str(problems[0].message)


def write(entry: Entry, *fields: EntryField, version: int = 1) -> None:
    set_fields(entry=entry, fields=fields, expected_version=version, now=NOW)


def stored(entry: Entry) -> list[tuple[str, int, str]]:
    return list(entry.fields.order_by("position").values_list("name", "position", "label_fr"))


def test_fields_are_replaced_and_those_of_other_entries_stay():
    entry, other = EntryFactory(), EntryFactory()
    write(other, field(name="kept"))
    write(entry, field(name="one"), field(name="two"), field(name="three"))
    kept = entry.fields.get(name="two").pk

    write(entry, field(name="two", label_fr="Deux"), field(name="four"), version=2)

    assert stored(entry) == [("two", 1, "Deux"), ("four", 2, "Taille")]
    assert entry.fields.get(name="two").pk == kept
    assert stored(other) == [("kept", 1, "Taille")]
    assert (entry.version, entry.updated_at) == (3, NOW)
    assert Entry.objects.values_list("version", "updated_at").get(pk=entry.pk) == (3, NOW)


def test_the_same_fields_again_change_nothing():
    entry = EntryFactory()
    write(entry, field())

    write(entry, field(), version=2)

    assert (entry.version, Entry.objects.get(pk=entry.pk).version) == (2, 2)


def test_twenty_fields_are_asked_and_no_more_and_none_twice():
    entry = EntryFactory()
    many = [field(name=f"f{number}") for number in range(21)]

    with pytest.raises(TooManyFields, match="At most 20") as too_many:
        write(entry, *many)
    with pytest.raises(FieldRefused) as twice:
        write(entry, field(), field(name="other"), field())
    with pytest.raises(FieldRefused) as wrong:
        write(entry, field(), field(name="Wrong"))
    with pytest.raises(EntryChangedMeanwhile):
        write(entry, field(), version=2)

    assert too_many.value.field == "fields"
    assert (twice.value.index, twice.value.field) == (2, "name")
    assert (wrong.value.index, wrong.value.field) == (1, "name")
    assert not EntryField.objects.exists()
    write(entry, *many[:20])
    assert entry.fields.count() == 20


def test_a_copy_of_a_field_is_like_it_and_not_stored():
    [copied] = copies_of([field(kind="number", least=Decimal(1), is_required=True, help_en="Help")])

    assert copied.pk is None
    assert (copied.name, copied.kind, copied.least, copied.is_required, copied.help_en, copied.label_fr) == (
        "size", "number", Decimal(1), True, "Help", "Taille",
    )  # fmt: skip


# --- Entries ---


@pytest.fixture
def sold():
    """Entries whose keys are in here were sold."""
    keys: set[int] = set()
    with SOLD_CHECKS.temporarily("for a test", lambda asked: keys & set(asked)):
        yield keys


def test_the_code_of_what_was_sold_is_fixed_and_says_why(sold):
    entry, free = EntryFactory(code="ONE"), EntryFactory(code="TWO")
    sold.add(entry.pk)

    with pytest.raises(CodeFixed, match="“ONE” stands on orders") as refused:
        lock_entry(entry_id=entry.pk, expected_version=1, code="OTHER")

    assert refused.value.field == "code"
    assert (is_code_fixed(entry), is_code_fixed(free)) == (True, False)
    assert lock_entry(entry_id=entry.pk, expected_version=1, code="ONE") == entry
    assert lock_entry(entry_id=free.pk, expected_version=1, code="OTHER") == free
    assert sold_among([entry.pk, free.pk]) == {entry.pk}
    with pytest.raises(EntryChangedMeanwhile):
        lock_entry(entry_id=free.pk, expected_version=2, code="TWO")
    with pytest.raises(EntryChangedMeanwhile):
        lock_entry(entry_id=0, expected_version=1, code="TWO")


def test_the_code_of_a_specific_handler_says_another_reason():
    entry = EntryFactory(code="ONE")
    Entry.objects.filter(pk=entry.pk).update(handler="specific")
    entry.refresh_from_db()

    assert is_code_fixed(entry)
    with pytest.raises(CodeFixed, match="specific handler is found by the code “ONE”"):
        lock_entry(entry_id=entry.pk, expected_version=1, code="OTHER")


def test_a_customer_is_whoever_one_check_knows():
    alice, bob = UserFactory.create_batch(2)

    with CUSTOMER_CHECKS.temporarily("for a test", lambda user: user.pk == alice.pk):
        assert (is_customer(alice), is_customer(bob)) == (True, False)


def test_what_is_searched_and_sorted_is_made_of_every_text():
    entry = Entry(
        code="FIRE-1", name_en="Fire", name_fr="Été", summary_en="Short", summary_fr="Court", terms_en="Terms",
        terms_fr="Clauses", description_en="<p>Long</p>", description_fr="<b>Longue</b>",
    )  # fmt: skip

    fill_derived(entry)

    assert entry.search_text.split() == [
        "fire-1", "ete", "fire", "court", "short", "longue", "long", "clauses", "terms",
    ]  # fmt: skip
    assert (entry.sort_name_en, entry.sort_name_fr) == ("fire", "ete")


def test_prices_are_replaced_for_one_entry_alone():
    entry, other = EntryFactory(tiers={1: "10.00", 5: "9.00", 9: "8.00"}), EntryFactory(tiers={1: "1.00", 5: "0.90"})

    set_prices(entry=entry, tiers={1: Decimal(11), 9: Decimal(7), 20: Decimal(6)})

    assert list(entry.tiers.order_by("from_quantity").values_list("from_quantity", "unit_net")) == [
        (1, Decimal(11)), (9, Decimal(7)), (20, Decimal(6)),
    ]  # fmt: skip
    assert other.tiers.count() == 2


@pytest.mark.parametrize(("charged", "unit"), [(0, "10"), (1, "10"), (4, "10"), (5, "9"), (8, "9"), (9, "8")])
def test_a_tier_begins_with_its_first_unit(charged, unit):
    tiers = tiers_of(EntryFactory(tiers={9: "8.00", 1: "10.00", 5: "9.00"}))

    assert [tier.from_quantity for tier in tiers] == [1, 5, 9]
    assert tier_for(tiers, charged).unit_price == Decimal(unit)
    price = price_line(tiers=tiers, quantity=20, charged=charged, tax_rate=Decimal("5.5"))
    assert (price.charged, price.tax_rate, price.net) == (charged, Decimal("5.5"), charged * Decimal(unit))
    assert price.gross == price.net + price.tax


# --- Categories ---


def test_categories_stand_six_levels_deep_and_in_no_loop():
    shelves = [save_category(category=CategoryFactory.build(slug="level-0"))]
    for level in range(1, 6):
        shelves.append(save_category(category=CategoryFactory.build(slug=f"level-{level}", parent=shelves[-1])))

    with pytest.raises(TooDeep) as deep:
        save_category(category=CategoryFactory.build(slug="level-6", parent=shelves[-1]))
    shelves[0].parent = shelves[2]
    with pytest.raises(CategoryLoop) as loop:
        save_category(category=shelves[0])
    shelves[1].parent = shelves[1]
    with pytest.raises(CategoryLoop):
        save_category(category=shelves[1])

    assert (deep.value.field, loop.value.field) == ("parent", "parent")
    two = save_category(category=CategoryFactory.build(slug="two"))
    save_category(category=CategoryFactory.build(slug="below", parent=two))
    two.parent = shelves[4]
    with pytest.raises(TooDeep):
        save_category(category=two)
    two.parent = shelves[3]
    save_category(category=two)
    two.refresh_from_db()
    assert two.parent == shelves[3]


# --- Pictures ---


def png(width: int, height: int, mode: str = "RGB") -> bytes:
    written = BytesIO()
    Image.new(mode, (width, height)).save(written, "PNG")
    return written.getvalue()


def test_a_picture_may_have_as_many_pixels_and_bytes_as_are_allowed(monkeypatch):
    monkeypatch.setattr(images, "PIXELS_AT_MOST", 200)
    prepare_image(ContentFile(png(20, 10)))
    with pytest.raises(ImageRefused, match="million pixels"):
        prepare_image(ContentFile(png(67, 3)))

    content = png(20, 10)
    monkeypatch.setattr(images, "BYTES_AT_MOST", len(content))
    prepare_image(ContentFile(content))
    monkeypatch.setattr(images, "BYTES_AT_MOST", len(content) - 1)
    with pytest.raises(ImageRefused, match="8 MB") as refused:
        prepare_image(BytesIO(content))
    assert refused.value.field == "image"


def test_a_file_that_does_not_know_its_size_is_read_from_the_beginning():
    prepared = prepare_image(BytesIO(png(20, 10)))

    assert Image.open(prepared).size == (20, 10)
    assert prepared.name.endswith(".webp")
    assert len(prepared.name) == len("0" * 24 + ".webp")
    assert prepare_image(prepared) is prepared


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_what_can_be_seen_through_stays_so(mode):
    assert Image.open(prepare_image(ContentFile(png(4, 4, mode)))).mode == "RGBA"


def test_the_limits_of_pictures():
    assert (images.BYTES_AT_MOST, images.PIXELS_AT_MOST, images.SIDE_AT_MOST) == (8_388_608, 24_000_000, 1_600)


# --- Copies ---


def test_a_copy_is_tried_again_while_others_take_its_code_and_not_for_ever(monkeypatch):
    entry = EntryFactory(code="ONE")
    tried = []

    def taken(**how):
        tried.append(how["entry"].code)
        if len(tried) < 5 or entry.code == "NEVER":
            raise CodeTaken
        return save_entry(**how)

    monkeypatch.setattr(duplicate, "save_entry", taken)
    assert duplicate_entry(entry_id=entry.pk, now=NOW).code == "ONE-2"
    assert tried == ["ONE-2"] * 5

    tried.clear()
    monkeypatch.setattr(entry, "code", "NEVER")
    with pytest.raises(CodeTaken):
        duplicate_entry(entry_id=entry.pk, now=NOW)
    assert tried == ["ONE-3"] * 5
