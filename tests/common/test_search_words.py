"""Large tables are searched by the beginnings of words, by an index; small ones by any part of a text."""

import json
import re
from decimal import Decimal

import pytest
from django.contrib import admin
from django.db import connection

from accounts.people.models import User
from catalog.models.categories import Category
from common.admin import counting
from common.search import amount_sought, matching, matching_whole, words_index
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat
from outbox.jobs.models import Job
from outbox.mails.models import Mail
from shop.orders.models import Order
from shop.payments.models import Payment, PaymentEvent
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db

LARGE = (Order, Seat, SeatBatch, User, Mail, Job, Payment, PaymentEvent)


@pytest.fixture
def zoe():
    UserFactory(first_name="Paul", last_name="Zola", email="paul@shop.example")
    return UserFactory(first_name="Zoé", last_name="d’Éluard-Cœur 2026-000123", email="zoe.d@shop.example")


@pytest.mark.parametrize(
    "typed",
    [
        "zoe", "ZOÉ éluard", "eluard zoe", "elu", "d'eluard", "d’Élu", "coeur", "eluard-co", "2026-000123", "2026-0001",
        "000123", "zoe.d@shop", "zoe & eluard", "zoe.d@shop.example",
    ],
)  # fmt: skip
def test_words_are_found_by_their_beginnings_in_any_order(zoe, typed):
    assert list(matching(User.objects.all(), typed, "search_text")) == [zoe]


@pytest.mark.parametrize("typed", ["luard", "0123", "eluard'd", "shop@zoe", "paul eluard"])
def test_the_inside_of_a_word_and_other_signs_find_nothing(zoe, typed):
    assert not matching(User.objects.all(), typed, "search_text")


@pytest.mark.parametrize(
    "typed",
    ["'", "&", "|", "!", ":*", "zo:*", "a\0b", "\\", "\\'", "%", "_", "x" * 5000, "((", "<->", "e'", "\x7f"],
)
def test_no_sign_breaks_the_query(zoe, typed):
    assert list(matching(User.objects.all(), typed, "search_text")) in ([], [zoe], [*User.objects.all()])
    assert matching_whole(User.objects.all(), typed + "1", "email") is None


def test_signs_alone_find_nothing(zoe):
    assert not matching(User.objects.all(), "& |", "search_text")
    assert matching(User.objects.all(), " ", "search_text").count() == 2


def test_a_text_of_one_endless_word_is_stored_and_found():
    Job.objects.create(kind="k", key="endless", last_error="é" * 30_000, max_attempts=1)
    assert matching(Job.objects.all(), "e" * 300, "key").count() == 1


def test_a_small_table_is_searched_by_any_part():
    Category.objects.create(slug="shelf", name_en="Bookshelf", name_fr="Étagère")
    assert matching(Category.objects.all(), "ooksh tage", "search_text").count() == 1


def test_a_whole_value_is_found_alone_whatever_its_case(zoe):
    assert list(matching_whole(User.objects.all(), " ZOE.D@shop.example ", "email")) == [zoe]
    assert matching_whole(User.objects.all(), "zoe.d@shop", "email") is None


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("120", "120"), ("120.5", "120.50"), ("€1,234.50", "1234.50"), ("1.234,50€", "1234.50"), ("1,234", "1234"),
        ("9" * 11, None), ("2026-1", None), ("x", None), ("", None), ("٣", None),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(typed, amount):
    assert amount_sought(typed) == (None if amount is None else Decimal(amount))


def searched():
    for page in admin.site._registry.values():
        if page.model in LARGE:
            yield pytest.param(page, id=page.model.__name__)


def by_accounting(rf):
    """Return a request of somebody whose rights let them search in every column."""
    request = rf.get("/")
    request.user = User(is_superuser=True)
    return request


def nodes(plan):
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


@pytest.mark.parametrize("typed", ["zoe", "2026-0001", "zoe@shop.example"])
@pytest.mark.parametrize("page", list(searched()))
def test_no_large_table_is_read_as_a_whole(page, typed, rf):
    """On empty tables the planner is told to take an index wherever one serves: what is left has none."""
    tables = {model._meta.db_table for model in LARGE}
    found, _doubles = page.get_search_results(by_accounting(rf), page.model._base_manager.order_by(), typed)
    with connection.cursor() as cursor:
        # Words are found by bitmaps alone; the other scans by index would be taken for the order of empty tables.
        for way in ("seqscan", "hashjoin", "mergejoin", "indexscan", "indexonlyscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        plan = json.loads(found.explain(format="json"))[0]["Plan"]
    scans = [each for each in nodes(plan) if each.get("Relation Name") in tables]
    assert scans
    assert [(each["Node Type"], each["Relation Name"], each.get("Filter")) for each in scans if _reads_all(each)] == []


def _reads_all(scan):
    """Tell whether a scan compares each row of a table. Joining rows of empty tables is no such scan."""
    by_condition = any("Index Cond" in each for each in nodes(scan))
    return scan["Node Type"] == "Seq Scan" or ("Filter" in scan and not by_condition)


@pytest.mark.parametrize("model", [each for each in LARGE if each is not Seat])
def test_large_tables_have_an_index_of_words(model):
    assert any(words_index(model, field.name) for field in model._meta.fields)


def test_a_list_is_counted_exactly_up_to_a_bound_and_estimated_beyond(monkeypatch):
    monkeypatch.setattr(counting, "EXACT_UP_TO", 3)
    for _number in range(3):
        UserFactory()
    paginator = counting.EstimatingPaginator(User.objects.order_by("pk"), 2)
    assert (paginator.count, paginator.about) == (3, "")
    UserFactory()
    many = counting.EstimatingPaginator(User.objects.order_by("pk"), 2)
    assert many.count > 3
    assert many.about == str(many.count)
    assert counting.EstimatingPaginator([1, 2], 2).count == 2


def test_what_a_search_found_is_counted(monkeypatch):
    """By keys in an array, whose number the database cannot estimate."""
    monkeypatch.setattr(counting, "EXACT_UP_TO", 3)
    for _number in range(5):
        UserFactory(first_name="Zebulon")
    found = counting.EstimatingPaginator(matching(User.objects.order_by("pk"), "zebulon", "search_text"), 2)
    assert (found.count, found.about) == (5, "")
    monkeypatch.setattr(counting, "FOUND_EXACT_UP_TO", 4)
    many = counting.EstimatingPaginator(matching(User.objects.order_by("pk"), "zebulon", "search_text"), 2)
    assert many.count >= 5
    assert many.about == str(many.count)


@pytest.mark.parametrize("page", list(searched()))
def test_rows_are_looked_up_by_the_keys_found(page, rf):
    """Joined to a search, whole tables are read: the database takes any beginning of a word for a frequent one."""
    for typed in ("zoe", "zoe@shop.example"):
        found, _doubles = page.get_search_results(by_accounting(rf), page.model._base_manager.order_by(), typed)
        assert "= ANY (ARRAY" in str(found.query)
        assert re.search(r" IN \(+SELECT", str(found.query)) is None
