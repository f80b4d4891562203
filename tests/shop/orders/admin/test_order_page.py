"""The page of one order tells all there is to know about the order, in as many queries whatever its size."""

from datetime import timedelta

import pytest
from django.utils import timezone

from enrolments.courses.roles.models import Role
from handlers.registry import get_handler
from outbox.mails.models import Mail
from shop.checkout.place import Consent
from shop.orders.claim import claim_order
from shop.orders.giving_back.models import GivingBack
from shop.orders.lines.models import LineFeedback, OrderLine, OrderUnit
from shop.seller.models import LegalText
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place
from tests.shop.admin_pages import line_url, order_url, text_of
from tests.shop.merchants import browser_of

pytestmark = pytest.mark.django_db


def page_of(client, order):
    response = client.get(order_url(order))
    assert response.status_code == 200
    return text_of(response)


def test_tells_who_what_and_how_much(client, probe_entry):
    LegalText.objects.create(
        kind="terms", version=3, body_en="x", body_fr="x", published_at=timezone.now() - timedelta(days=1)
    )
    terms = LegalText.objects.get()
    order = place(
        make_cart(probe_entry, quantity=3),
        consent=Consent(terms_id=terms.pk),
        payer_email="payer@example.org",
        purchase_reference="PO-77",
        vat_id="FR83404833048",
        is_proved=False,
    )
    text = page_of(client, order)
    for told in (
        order.number, "waiting for payment", "€360.00", "€60.00", "€300.00", "20%", "Probe",
        "Ateliers Roy", "3 rue du Port", "44000 Nantes", "buyer@example.org", "payer@example.org", "PO-77",
        "FR83404833048", "terms of sale 3", "not chosen yet", "nobody has proved the address",
    ):  # fmt: skip
        assert told in text, told


def test_all_three_audiences_feedback_and_the_delivery(client, order):
    pay(order)
    deliver(order)
    text = page_of(client, order)
    for told in (
        "held",
        "done",
        "done for you",
        "done for them",
        "completed",
        "delivered",
        "Deliver a line of an order",
    ):
        assert told in text, told


def test_feedback_is_read_in_the_readers_language(merchant, order):
    line = order.lines.get()
    both = {"en": "Well done", "fr": "Bien joué"}
    LineFeedback.objects.create(line=line, hook="post_payment", at=timezone.now(), public=both)
    assert "Well done" in page_of(browser_of(merchant), order)
    assert "Bien joué" in page_of(browser_of(merchant, "fr"), order)


def test_parameters_stand_in_words(client):
    CourseFactory(short_name="SEC-1")
    handler = get_handler("std_generateseats")
    entry = EntryFactory(
        handler="std_generateseats",
        handler_version=handler.version,
        parameters=handler.MerchantForm.default_parameters()
        | {"courselist": "SEC-*", "packsize": 5, "validity": 365, "endtime": "2031-03-31"},
    )
    text = page_of(client, place(make_cart(entry)))
    labels = {name: str(field.label) for name, field in handler.MerchantForm.base_fields.items()}
    assert f"{labels['courselist']} SEC-*" in text
    assert f"{labels['packsize']} 5" in text
    assert f"{labels['validity']} 365 days" in text
    assert f"{labels['endtime']} 31 March 2031" in text
    assert f"{labels['supervisor']} {Role.objects.get(code='teacher').name}" in text


def test_a_handler_that_is_gone_leaves_its_order_readable(client, order):
    OrderLine.objects.filter(order=order).update(handler="ext_gone", parameters={"colour": "red", "list": ["a", "b"]})
    OrderUnit.objects.filter(line__order=order).update(answers={"size": "XL"})
    text = page_of(client, order)
    for told in ("ext_gone (not installed)", "colour red", "list a, b", "XL", "is not installed any more"):
        assert told in text, told


class TestUnits:
    @pytest.fixture
    def line(self, new_order):
        units = [{"name": f"Person {index}"} for index in range(1, 26)]
        return new_order("std_formprobe", quantity=25, units=units).lines.get()

    def test_the_first_ones_stand_on_the_page(self, client, line):
        text = page_of(client, line.order)
        assert "Person 20" in text
        assert "Person 21" not in text
        assert "The first 20 of 25 units are shown here" in text

    def test_the_others_on_pages_of_their_own(self, client, line):
        text = text_of(client.get(line_url(line, "units")))
        assert "Person 1 " in text
        assert "Person 25" in text

    def test_page_by_page(self, client, line):
        OrderLine.objects.filter(pk=line.pk).update(quantity=250)
        OrderUnit.objects.bulk_create(
            OrderUnit(line=line, index=index, answers={"name": f"Person {index + 1}"}) for index in range(25, 250)
        )
        url = line_url(line, "units")
        assert "Page 1 of 3" in text_of(client.get(url))
        assert "Person 201 " in text_of(client.get(url, {"page": "3"}))
        assert "Page 3 of 3" in text_of(client.get(url, {"page": "99"}))
        assert "Page 1 of 3" in text_of(client.get(url, {"page": "nonsense"}))

    def test_what_was_typed_is_text(self, client, line):
        OrderUnit.objects.filter(line=line, index=0).update(answers={"name": "<img src=x onerror=alert(1)>"})
        for url in (order_url(line.order), line_url(line, "units")):
            page = client.get(url).content
            assert b"<img src=x" not in page
            assert b"&lt;img src=x" in page

    def test_what_was_given_back_is_told(self, client, line):
        OrderUnit.objects.filter(line=line, index__lt=2).update(given_back_at=timezone.now())
        assert "2 given back" in page_of(client, line.order)

    def test_each_act_of_giving_back_is_told_with_its_amount(self, client, merchant, line):
        agreed = {"line": line, "actor": merchant, "at": timezone.now(), "reason": "Agreed"}
        GivingBack.objects.create(first_index=0, last_index=2, amount=36, why="refunded", **agreed)
        GivingBack.objects.create(first_index=6, last_index=6, amount=12, why="refunded", **agreed)
        GivingBack.objects.create(line=line, first_index=4, last_index=4, reason="Never came", at=timezone.now())
        page = page_of(client, line.order)
        assert "5 given back" in page
        [of_line] = client.get(order_url(line.order)).context["page"].lines
        rows = of_line.given_back.rows
        told = [[str(cell) for cell in (units, owed, paid, why)] for units, owed, paid, _at, _who, why in rows]
        assert told == [["1-3, 7", "€48.00", "not yet", "Agreed"], ["5", "nothing", "–", "Never came"]]
        assert "Maud Marchand" in page
        units = text_of(client.get(line_url(line, "units")))
        assert "Given back" in units

    def test_one_without_a_row_was_left_blank(self, client, line):
        """The row was deleted after the order ended unpaid, or was never written."""
        OrderUnit.objects.filter(line=line, index__in=(1, 24)).delete()

        page, units = page_of(client, line.order), text_of(client.get(line_url(line, "units")))
        assert "The first 20 of 25 units are shown here" in page
        assert page.count("left blank") == 1
        assert units.count("left blank") == 2
        assert "Person 2 " not in page
        assert "Person 24" in units

    def test_of_another_order_are_not_found(self, client, line, order):
        assert client.get(f"/admin/shop/order/{order.pk}/lines/{line.pk}/units/").status_code == 404

    def test_of_a_session_say_who_and_which_seats_are_left_blank(self, client):
        handler = get_handler("std_setuponecoursesession")
        CourseFactory(short_name="SEC-01")
        entry = EntryFactory(
            handler="std_setuponecoursesession",
            handler_version=handler.version,
            parameters=handler.MerchantForm.default_parameters() | {"coursename": "SEC-01"},
        )
        ada = {"role": "student", "email": "ada@example.org", "first_name": "Ada", "last_name": "Lovelace"}
        cart = make_cart(entry, quantity=3, units=[ada, {}, {}])
        order = place(cart)
        text = page_of(client, order)
        assert "Learner ada@example.org Ada Lovelace" in text
        assert "left blank" in text

        pay(order)
        deliver(order)
        text = page_of(client, order)
        assert "Assigned: 1" in text
        assert "Available: 2" in text
        assert "Ada Lovelace SEC-01" in text
        assert f"/admin/enrolments/seat/?q={order.number}" in client.get(order_url(order)).content.decode()
        seats = client.get("/admin/enrolments/seat/", {"q": order.number})
        assert seats.context["cl"].result_count == 3


class TestHistory:
    def test_tells_who_when_from_to_and_why(self, client, merchant, order):
        client.post(order_url(order, "payment"), {"amount": "999", "reference": "x", "is_what_arrived": "on"})
        client.post(order_url(order, "cancel"), {"reason": "Ordered twice"})
        text = page_of(client, order).split("History")[1]
        assert "Maud Marchand order cancelled waiting for payment → cancelled Ordered twice" in text
        assert "money recorded, order unchanged amount or currency differs" in text
        assert "order placed – → waiting for payment" in text

    def test_of_a_claimed_order_names_the_claimant(self, client, order):
        buyer = UserFactory(email=order.contact_email, first_name="Camille", last_name="Roy")
        claim_order(order_id=order.pk, user=buyer, now=timezone.now())
        assert "Camille Roy order claimed" in page_of(client, order)


class TestMails:
    def test_are_linked(self, client, order):
        page = client.get(order_url(order)).content.decode()
        for mail in Mail.objects.filter(order_id=order.pk):
            assert f"/admin/outbox/mail/{mail.pk}/change/" in page

    def test_the_newest_are_shown_and_the_rest_is_a_list(self, client, order):
        Mail.objects.bulk_create(
            Mail(
                kind="order_placed", key=f"k{index}", message_id=f"<{index}@example.org>", recipient="x@example.org",
                language="en", order_id=order.pk,
            )
            for index in range(40)
        )  # fmt: skip
        response = client.get(order_url(order))
        total = Mail.objects.filter(order_id=order.pk).count()
        assert f"The 30 newest mails of {total}." in text_of(response)
        everything = client.get("/admin/outbox/mail/", {"order_id__exact": order.pk})
        assert everything.context["cl"].result_count == total


def test_takes_as_many_queries_for_many_lines_and_units(client, diary, django_assert_max_num_queries):
    small = place(make_cart(EntryFactory(handler="std_probe")), email="small@example.org")
    cart = make_cart(EntryFactory(handler="std_formprobe"), quantity=40, units=[{"name": "x"}] * 40)
    for _index in range(8):
        fill_cart(cart, EntryFactory(handler="std_probe"), quantity=3)
    large = place(cart, email="large@example.org")
    for order in (small, large):
        pay(order, reference=f"p{order.pk}")
        deliver(order)
    client.get(order_url(small))
    with django_assert_max_num_queries(40) as few:
        client.get(order_url(small))
    with django_assert_max_num_queries(40) as many:
        client.get(order_url(large))
    assert len(few) == len(many)


def test_needs_no_more_for_ten_thousand_units(client, new_order, django_assert_max_num_queries):
    line = new_order(quantity=1).lines.get()
    client.get(order_url(line.order))
    with django_assert_max_num_queries(40) as few:
        client.get(order_url(line.order))
    OrderLine.objects.filter(pk=line.pk).update(quantity=10_000)
    OrderUnit.objects.bulk_create(
        (OrderUnit(line=line, index=index, answers={"name": "x"}) for index in range(1, 10_000)), batch_size=5_000
    )
    with django_assert_max_num_queries(40) as many:
        response = client.get(order_url(line.order))
    assert len(few) == len(many)
    assert "of 10,000 units" in text_of(response)


def test_an_order_that_does_not_exist_is_not_found(client, db):
    for pk in ("0", "999", "x", str(2**70), "1%00"):
        assert client.get(f"/admin/shop/order/{pk}/change/").status_code == 404


def test_nothing_is_posted_to_it(client, order):
    assert client.post(order_url(order), {"status": "paid"}).status_code == 405
