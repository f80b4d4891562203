"""Tidying by age: what goes, what stays, and how little of it a transaction does."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.links.models import AddressLink
from accounts.links.services import NewLink, create_links
from accounts.members.services import invite_member
from accounts.rate_limits.models import Attempts
from accounts.security_log.kinds import Kind
from accounts.security_log.models import SecurityEvent
from common import tasks
from common.tidying import TIDYINGS, Tidying, delete_batch, tidies, tidy, tidy_all
from outbox.errors import ResendRefused
from outbox.mails.models import Mail
from outbox.mails.services import resend_mail
from shop.cart.models import Cart, CartLine, CartUnit
from shop.cart.services import add_to_cart, join_carts, save_details
from shop.payments.models import PaymentEvent
from shop.phone_orders.models import PhoneOrder
from tests.constraints import broken
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.outbox import MailFactory
from tests.factories.shop import make_cart, pay, place
from tests.matrix.world import enter_order
from tests.outbox.jobs.threads import in_thread

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def kept(name: str) -> int:
    return settings.RETENTION[name]


def old_attempts(number: int) -> None:
    Attempts.objects.bulk_create(
        [Attempts(key=f"{n:064}", since=ago(9) - timedelta(seconds=n), count=1) for n in range(number)]
    )


# What goes, and what stays


def test_sessions_that_have_ended():
    Session.objects.create(session_key="a", session_data="", expire_date=ago(0.1))
    Session.objects.create(session_key="b", session_data="", expire_date=NOW + timedelta(days=14))

    assert tidy("sessions", now=NOW) == 1
    assert Session.objects.get().session_key == "b"


def test_the_cache():
    cache.clear()
    cache.set("over", 1, timeout=1)
    cache.set("lasting", 1, timeout=3600)

    assert tidy("cache", now=timezone.now() + timedelta(minutes=1)) == 1
    assert (cache.get("over"), cache.get("lasting")) == (None, 1)


def test_carts_of_visitors_and_of_people_that_were_left_behind():
    entry = EntryFactory()
    carts = {}
    for name, user, age in (
        ("visitor's old", None, kept("visitor_carts") + 1),
        ("visitor's young", None, kept("visitor_carts") - 1),
        ("person's old", UserFactory(), kept("carts") + 1),
        ("person's young", UserFactory(), kept("carts") - 1),
    ):
        carts[name] = make_cart(entry, user=user)
        Cart.objects.filter(pk=carts[name].pk).update(changed_at=ago(age))
    CartUnit.objects.create(line=carts["visitor's old"].lines.get(), index=0, answers={"name": "Zoé"})

    assert (tidy("visitor_carts", now=NOW), tidy("carts", now=NOW), tidy("phone_orders", now=NOW)) == (1, 1, 0)

    assert set(Cart.objects.all()) == {carts["visitor's young"], carts["person's young"]}
    assert CartLine.objects.count() == 2
    assert not CartUnit.objects.exists()


def test_an_ordered_cart_stays_with_its_order():
    order = place(make_cart(EntryFactory()))
    Cart.objects.update(changed_at=ago(9999))

    assert tidy("visitor_carts", now=NOW) == tidy("carts", now=NOW) == 0
    order.refresh_from_db()
    assert order.cart is not None


def test_what_is_done_with_a_cart_keeps_it():
    cart, entry, user = make_cart(EntryFactory()), EntryFactory(), UserFactory()

    def becomes_old() -> None:
        Cart.objects.update(changed_at=ago(9999))

    def is_new() -> bool:
        return Cart.objects.filter(pk=cart.pk, changed_at__gt=NOW - timedelta(days=1)).exists()

    becomes_old()
    add_to_cart(cart=cart, entry=entry, quantity=1, user=None, now=NOW)
    assert is_new()
    becomes_old()
    save_details(cart=cart, details={"email": "a@b.fr"})
    assert is_new()
    becomes_old()
    join_carts(user=user, token=cart.token)
    assert is_new()


def test_orders_entered_by_staff_that_nobody_accepted():
    staff, entry = MembershipFactory().user, EntryFactory()
    old = enter_order(entry, by=staff, now=NOW)
    young = enter_order(entry, by=staff, now=NOW)
    linked = enter_order(entry, by=staff, now=NOW)
    PhoneOrder.objects.filter(pk=old.pk).update(sent_to="", sent_at=None, expires_at=None)
    PhoneOrder.objects.filter(pk=linked.pk).update(sent_to="a@b.fr", sent_at=NOW, expires_at=NOW)
    Cart.objects.exclude(pk=young.cart_id).update(changed_at=ago(kept("phone_orders") + 1))

    assert tidy("phone_orders", now=NOW) == 1

    assert set(PhoneOrder.objects.values_list("pk", flat=True)) == {young.pk, linked.pk}
    assert not Cart.objects.filter(pk=old.cart_id).exists()


def test_texts_of_mails_but_for_those_that_wait_and_what_was_told():
    def old(**fields) -> Mail:
        return MailFactory(created_at=ago(kept("mail_texts") + 1), context={"name": "Zoé"}, **fields)

    sent = old(state="sent", sent_at=ago(400), subject="For Zoé")
    told = old(state="sent", sent_at=ago(400))
    Mail.objects.filter(pk=told.pk).update(context={"name": "Zoé", "told": {"3": "2026-01-01"}})
    waiting = old(state="queued")
    young = MailFactory(created_at=ago(1), context={"name": "Zoé"}, state="sent", sent_at=ago(1))

    assert tidy("mail_texts", now=NOW) == 2
    assert tidy("mail_texts", now=NOW) == 0

    for mail in (sent, told, waiting, young):
        mail.refresh_from_db()
    assert (sent.context, sent.subject) == ({}, "")
    assert sent.forgotten_at is not None
    assert told.context == {"told": {"3": "2026-01-01"}}
    assert waiting.context == young.context == {"name": "Zoé"}
    with pytest.raises(ResendRefused, match=r"deleted because of its age|supprimé"):
        resend_mail(mail_id=sent.pk, now=NOW)


def test_rows_of_mails_the_copies_first():
    age = {"created_at": ago(kept("mails") + 1), "forgotten_at": NOW, "state": "sent", "sent_at": NOW}
    first = MailFactory(**age)
    MailFactory(**age, original=first)
    waiting = MailFactory(created_at=ago(9999))

    assert [tidy("mails", now=NOW) for _run in range(3)] == [1, 1, 0]
    assert Mail.objects.get() == waiting


def test_links_that_ended_but_not_that_of_a_standing_invitation():
    owner = MembershipFactory(is_owner=True)
    [link] = create_links(links=[NewLink(purpose=AddressLink.Purpose.CLAIM, email="a@b.fr", language="fr")], now=NOW)
    invite_member(
        account=owner.account, invited_by=owner.user, email="c@d.fr", roles=["is_buyer"], language="fr", now=NOW
    )
    later = NOW + timedelta(days=kept("links") + 400)

    assert tidy("links", now=NOW) == 0
    assert tidy("links", now=later) == 1
    assert not AddressLink.objects.filter(pk=link.pk).exists()
    assert AddressLink.objects.count() == 1


def test_payloads_of_payment_events_but_for_those_that_wait_for_a_hand():
    order = place(make_cart(EntryFactory()))
    pay(order)
    PaymentEvent.objects.update(payload={"iban": "FR76"}, received_at=ago(kept("payment_payloads") + 1))
    event = PaymentEvent.objects.get()
    PaymentEvent.objects.create(
        provider="sandbox", event_id="stray", order_number="?", kind="succeeded", amount=1, currency="EUR",
        payload={"iban": "FR76"}, received_at=ago(9999), outcome="unknown_order",
    )  # fmt: skip

    assert tidy("payment_payloads", now=NOW) == 1
    assert tidy("payment_payloads", now=NOW) == 0

    event.refresh_from_db()
    assert event.payload == {}
    assert PaymentEvent.objects.get(event_id="stray").payload == {"iban": "FR76"}


@pytest.mark.django_db(transaction=True)
def test_an_event_in_use_keeps_its_payload_until_the_next_time():
    pay(place(make_cart(EntryFactory())))
    PaymentEvent.objects.update(payload={"iban": "FR76"}, received_at=ago(9999))
    done = []

    def tidy_elsewhere():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        done.append(tidy("payment_payloads", now=NOW))

    with transaction.atomic():
        PaymentEvent.objects.select_for_update().get()
        in_thread(tidy_elsewhere).join()

    assert done == [0]
    assert tidy("payment_payloads", now=NOW) == 1


def test_the_security_log():
    for days in (kept("security_log") + 1, kept("security_log") - 1):
        SecurityEvent.objects.create(kind=Kind.SIGNED_IN, at=ago(days))

    assert tidy("security_log", now=NOW) == 1
    assert SecurityEvent.objects.count() == 1


def test_the_history_of_the_administration():
    user = UserFactory()
    for days in (kept("admin_log") + 1, 1):
        LogEntry.objects.create(
            user=user, content_type=ContentType.objects.first(), object_repr="Zoé", action_flag=CHANGE,
            action_time=ago(days),
        )  # fmt: skip

    assert tidy("admin_log", now=NOW) == 1
    assert LogEntry.objects.count() == 1


# How


def test_a_transaction_deletes_no_more_than_a_batch():
    attempts = TIDYINGS.get("attempts")
    old_attempts(7)

    with TIDYINGS.temporarily("attempts", Tidying("attempts", attempts.tidy, attempts.tables, batch=3)):
        assert [tidy("attempts", now=NOW) for _run in range(4)] == [3, 3, 1, 0]


def test_a_module_that_is_loaded_twice_registers_its_tidying_again_and_no_other_takes_its_name():
    before = TIDYINGS.get("sessions")
    with TIDYINGS.temporarily("sessions", before):
        tidies("sessions", *before.tables)(lambda _before, _limit: 7)
        assert tidy("sessions", now=NOW) == 7

        with pytest.raises(ValueError, match="'sessions'"):
            tidies("sessions", "outbox_job")(before.tidy)


def test_all_is_tidied_in_turns_and_written_down(caplog):
    old_attempts(TIDYINGS.get("attempts").batch * 2 + 1)
    Session.objects.create(session_key="a", session_data="", expire_date=ago(1))
    caplog.set_level(logging.INFO, "common.tidying")

    done = tidy_all(now=NOW, seconds=60)

    assert (done["attempts"], done["sessions"]) == (TIDYINGS.get("attempts").batch * 2 + 1, 1)
    assert set(done) == set(TIDYINGS.names())
    assert caplog.records[-1].fields["rows"] == {"attempts": done["attempts"], "sessions": 1}


def test_when_its_time_is_over_it_stops_and_goes_on_the_next_time():
    old_attempts(3)

    assert tidy_all(now=NOW, seconds=0) == {}
    assert tidy_all(now=NOW, seconds=60)["attempts"] == 3


def test_one_kind_that_fails_keeps_no_other_from_being_tidied(caplog):
    def fail(before: datetime, limit: int) -> int:
        raise ZeroDivisionError

    old_attempts(1)
    with TIDYINGS.temporarily("jobs", Tidying("jobs", fail, ("outbox_job",), batch=1)):
        done = tidy_all(now=NOW, seconds=60)

    assert done["attempts"] == 1
    assert "jobs" not in done
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["Tidying failed: jobs"]


def test_with_nothing_to_do_it_asks_a_few_statements_for_each_kind():
    with CaptureQueriesContext(connection) as captured:
        tidy_all(now=NOW, seconds=60)

    assert len(captured) <= 5 * len(TIDYINGS.names())


def test_beat_asks_for_all():
    old_attempts(2)

    assert tasks.tidy()["attempts"] == 2


@pytest.mark.django_db(transaction=True)
def test_a_row_in_use_is_left_and_nobody_waits():
    old_attempts(3)
    with transaction.atomic():
        Attempts.objects.select_for_update().get(key=f"{1:064}")
        found: list[int] = []

        def beside() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            found.append(tidy("attempts", now=NOW))
            connection.close()

        rival = threading.Thread(target=beside)
        rival.start()
        rival.join()

    assert found == [2]
    assert tidy("attempts", now=NOW) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_share_the_rows():
    old_attempts(60)
    found: list[int] = []

    def worker() -> None:
        count = delete_batch(Attempts.objects.filter(since__lt=NOW).order_by("since"), 7)
        while count:
            found.append(count)
            count = delete_batch(Attempts.objects.filter(since__lt=NOW).order_by("since"), 7)
        connection.close()

    workers = [threading.Thread(target=worker) for _number in range(3)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    tidy("attempts", now=NOW)

    assert not Attempts.objects.exists()
    assert sum(found) <= 60
    assert max(found) <= 7


def test_a_waiting_mail_keeps_its_text():
    mail = MailFactory()

    with broken("outbox_mail_waiting_has_its_text"):
        Mail.objects.filter(pk=mail.pk).update(forgotten_at=Now())
