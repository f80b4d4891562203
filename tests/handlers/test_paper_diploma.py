"""ext_paperdiploma: orders of prints, sent to a printing service and cancelled there."""

from types import SimpleNamespace

import pytest
from django.core import mail
from django.utils import translation

from handlers.contract import Level, RevokeReason
from handlers.registry import get_handler
from handlers.testing import account_with_operator, deliver, line_context, place, revoke, units
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail

pytestmark = pytest.mark.django_db

NAME = "ext_paperdiploma"
MARIE = {"name": "Marie Dupont", "address": "Marie Dupont\n12 rue des Lilas\n69003 Lyon"}
HUGO = {"name": "Hugo Petit", "address": "Hugo Petit\n3 place Royale\n44000 Nantes"}


def sold(*answers, **typed):
    account, operator = account_with_operator()
    return line_context(
        NAME, account=account, operator=operator, units=units(*answers), typed={"title": "First aider"} | typed
    )


def buy(line):
    place(NAME, line)
    return deliver(NAME, line)


def in_english(text):
    with translation.override("en"):
        return str(text)


def form_with(**answers):
    return get_handler(NAME).UnitForm(MARIE | answers)


def test_one_mail_orders_all_diplomas_with_their_addresses():
    line = sold(MARIE, HUGO, printer="Print@Example.org")

    buy(line)
    with translation.override("fr"):
        run_due_jobs()

    order = Mail.objects.get()
    assert (order.recipient, order.account_id, order.order_id) == (
        "print@example.org", line.account.pk, line.order_id,
    )  # fmt: skip
    [sent] = mail.outbox
    assert line.order_number in sent.subject
    for written in (sent.body, sent.alternatives[0][0]):
        assert "First aider" in written
        for answer in (MARIE, HUGO):
            assert all(part in written for part in (answer["name"], *answer["address"].split("\n")))


def test_without_a_printing_service_the_sales_team_is_told(settings):
    feedback = buy(sold(MARIE))

    assert Mail.objects.get().recipient == settings.SALES_EMAIL
    assert "sales team" in in_english(feedback.sales)
    [finding] = get_handler(NAME).check(SimpleNamespace(parameters={"title": "First aider"}))
    assert (finding.level, finding.field) == (Level.INFO, "printer")


def test_the_printer_reads_the_shop_s_language_and_the_customer_their_own(settings):
    buy(sold(MARIE))

    assert Mail.objects.get().language == settings.LANGUAGE_CODE


def test_what_was_ordered_is_told_without_a_name():
    feedback = buy(sold(MARIE, HUGO, days="1"))

    assert in_english(feedback.public) == (
        "2 paper diplomas have been ordered from the printing service. Posting takes up to 1 day from payment."
    )
    assert in_english(feedback.customer) == in_english(feedback.public)


def test_nothing_is_mailed_before_payment_nor_when_the_order_ends_unpaid():
    line = sold(MARIE)
    place(NAME, line)
    revoke(NAME, line, why=RevokeReason.UNPAID)

    assert not Mail.objects.exists()


def test_units_given_back_are_stopped_each_once():
    line = sold(MARIE, HUGO)
    buy(line)

    feedback = revoke(NAME, line, units=line.units[1:])
    revoke(NAME, line, units=line.units[1:])

    stop = Mail.objects.get(kind="ext_paperdiploma_stop")
    assert [diploma["name"] for diploma in stop.context["diplomas"]] == ["Hugo Petit"]
    assert in_english(feedback.customer) == "1 paper diploma was cancelled."
    revoke(NAME, line, units=line.units[:1])
    assert Mail.objects.filter(kind="ext_paperdiploma_stop").count() == 2


def test_what_was_never_ordered_is_not_stopped():
    line = sold(MARIE)
    place(NAME, line)

    assert in_english(revoke(NAME, line).sales) == ""
    assert not Mail.objects.exists()


def test_an_address_is_kept_line_by_line_without_what_is_blank():
    form = form_with(address="  Marie Dupont \r\n\r\n12 rue des Lilas\r\n 69003 Lyon\r\n")

    assert form.is_valid()
    assert form.cleaned_data == MARIE


@pytest.mark.parametrize("address", ["", "Lyon", "\n \n69003 Lyon\n"])
def test_an_address_that_no_letter_finds_is_refused_at_its_field(address):
    form = form_with(address=address)

    assert list(form.errors) == ["address"]


def test_an_address_that_is_no_mailbox_is_refused_at_the_merchant_s_field():
    form = get_handler(NAME).MerchantForm({"title": "First aider", "printer": "the printer"})

    assert list(form.errors) == ["printer"]
