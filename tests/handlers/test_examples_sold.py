"""The two example handlers sold by the shop: from the cart to what they deliver."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from enrolments.grounds.models import Enrolment
from handlers.testing import make_account, make_course, make_person
from handlers.testing.world import join
from outbox.mails.models import Mail
from shop.checkout.errors import UnitsIncomplete
from shop.orders.lines.models import OrderLine
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place

pytestmark = pytest.mark.django_db(transaction=True)

MARIE = {"name": "Marie Dupont", "address": "Marie Dupont\r\n12 rue des Lilas\r\n69003 Lyon"}


@pytest.fixture
def diploma():
    return EntryFactory(handler="ext_paperdiploma", parameters={"title": "First aider", "printer": "print@example.org"})


@pytest.fixture
def webinar():
    make_course("WEB-ACC")
    day = timezone.localdate() + timedelta(days=20)
    return EntryFactory(
        code="WEBINAIRE-ACCUEIL",
        handler="specific",
        parameters={"coursename": "WEB-ACC", "begins": f"{day}T10:00:00+01:00", "endtime": f"{day}T11:30:00+01:00"},
    )


def test_a_visitor_s_diplomas_are_ordered_once_they_are_paid(diploma):
    order = place(make_cart(diploma, quantity=2, units=[MARIE, MARIE | {"name": "Hugo Petit"}]))
    assert not Mail.objects.filter(kind="ext_paperdiploma_order").exists()

    pay(order)
    deliver(order)

    line = OrderLine.objects.get()
    assert line.status == "fulfilled"
    assert line.feedback.get().public["en"].startswith("2 paper diplomas have been ordered")
    [sent] = [each for each in mail.outbox if each.to == ["print@example.org"]]
    assert "12 rue des Lilas\n69003 Lyon" in sent.body
    assert "Hugo Petit" in sent.body


def test_a_diploma_without_address_is_not_sold(diploma):
    with pytest.raises(UnitsIncomplete) as refused:
        place(make_cart(diploma, quantity=2, units=[MARIE, {"name": "Hugo Petit", "address": "Nantes"}]))

    assert [(error.index, error.field) for error in refused.value.errors] == [(1, "address")]


def test_a_member_takes_part_in_the_webinar(webinar):
    account, member = make_account(), make_person()
    join(account, member)

    order = place(make_cart(webinar, user=member), user=member, account=account, operator=member)
    pay(order)
    deliver(order)

    assert Enrolment.objects.get().user == member
    assert OrderLine.objects.get().feedback.get().public["fr"].count("10:00") == 1
