"""A saved card is charged on its day, once; where it is refused the customer is told, and nothing is lost."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial

import pytest
from django.db.models import F
from django.utils import timezone

from outbox.errors import ServiceAway
from outbox.jobs.models import Job
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.ending import cancel_order
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import CardUnderWay, attempt_told, start_payment
from shop.payments.attempts.sweep import ask_about_attempt, sweep
from shop.payments.models import Settlement
from shop.payments.registry import get_provider
from shop.payments.saved_cards import charging
from shop.payments.saved_cards.charging import begin_try, charge_due, follow
from shop.payments.saved_cards.models import CardCharge
from shop.payments.saved_cards.saving import remove_card
from tests.constraints import broken, copy
from tests.rivals.processes import errors_among, no_row_locks, race
from tests.shop.payments.requests.plans import piece
from tests.shop.payments.saved_cards.given import DAYS, charge, on, only_charge, paid, saved

pytestmark = pytest.mark.django_db(transaction=True)


def mails() -> list[str]:
    return [render_mail(mail, blank_secrets=False).text for mail in Mail.objects.filter(kind="card_not_charged")]


def test_nothing_before_its_day(order, desk):
    saved(order, desk)
    charge(on(DAYS - 1))
    assert desk.service.of("pi") == []


def test_each_part_is_charged_once_on_its_day(order, desk):
    saved(order, desk)
    for day in (DAYS, DAYS, DAYS + 1):
        charge(on(day))
    assert paid(order) == ["50.00"]
    charge(on(3 * DAYS))
    charge(on(3 * DAYS + 1))
    assert paid(order) == ["50.00", "70.00"]
    assert Settlement.objects.filter(order=order).count() == 1
    assert len(desk.service.of("pi")) == 2
    assert mails() == []


def test_an_answer_that_got_lost_is_asked_for_under_its_key(order, desk):
    saved(order, desk)
    charge_due(now=on(DAYS))
    desk.service.dies = True
    with pytest.raises(ServiceAway):
        follow(charge_id=only_charge().pk, now=on(DAYS))
    desk.service.dies = False
    follow(charge_id=only_charge().pk, now=on(DAYS))
    assert paid(order) == ["50.00"]
    assert len(desk.service.of("pi")) == 1


def test_killed_after_the_call_the_sweep_finds_the_charge(order, desk):
    card = saved(order, desk)
    charge_due(now=timezone.now() + timedelta(days=DAYS))
    attempt = PaymentAttempt.objects.get(by_card=True)
    PaymentAttempt.objects.update(begun_at=timezone.now())  # the stand-in's clock is that of today
    attempt.refresh_from_db()
    get_provider("stripe").charge(attempt_told(attempt), card.card)

    ask_about_attempt(attempt_id=attempt.pk, now=timezone.now())

    assert paid(order) == ["50.00"]
    charge(on(DAYS + 1))
    assert paid(order) == ["50.00"]
    assert only_charge().next_at is None


def test_a_charge_that_never_arrived_is_begun_anew_when_nobody_knows_it(order, desk):
    saved(order, desk)
    charge_due(now=timezone.now() + timedelta(days=DAYS))
    Job.objects.all().delete()  # lost
    PaymentAttempt.objects.update(begun_at=F("begun_at") - timedelta(hours=13))
    ask_about_attempt(attempt_id=PaymentAttempt.objects.get(by_card=True).pk, now=on(DAYS))
    charge(on(DAYS + 1))
    charge(on(DAYS + 5))
    assert paid(order) == ["50.00"]


def test_a_bank_that_asks_has_the_customer_mailed_a_link_on_which_they_pay(order, desk, client):
    saved(order, desk, "save_asking")
    charge(on(DAYS))
    assert paid(order) == []
    [mail] = mails()
    assert "Your bank wants you to confirm it" in mail or "Votre banque demande" in mail
    [path] = re.findall(r"/pay/[\w-]+/", mail)
    page = client.get(path, headers={"accept-language": "en"})
    assert "€50.00 to pay" in page.content.decode()

    answer = client.post(path, {"method": "stripe", "asked": "50.00"})
    session = desk.service.get(answer["Location"].rsplit("/", 1)[1])
    desk.service.pay(session["id"], "secure")
    client.get(session["success_url"].replace("http://testserver", ""))

    assert paid(order) == ["50.00"]
    for day in (DAYS + 1, DAYS + 5, DAYS + 9):
        charge(on(day))
    assert len(mails()) == 1


def test_a_refused_card_is_told_tried_twice_again_and_then_owed_as_usual(order, desk):
    saved(order, desk, "save_empty")
    tried = []
    for day in range(DAYS, DAYS + 10):
        charge(on(day))
        tried.append(len(desk.service.of("pi")))
    assert tried[:4] == [1, 1, 1, 2]
    charge(on(DAYS + 10))
    assert len(desk.service.of("pi")) == 3
    row = only_charge()
    assert (row.tries, row.next_at, row.problem) == (3, None, "insufficient_funds")
    assert len(mails()) == 3
    piece(order, 50, "by transfer")
    assert paid(order) == ["50.00"]


def test_a_part_that_was_paid_meanwhile_is_not_charged(order, desk):
    saved(order, desk)
    charge_due(now=on(DAYS))
    piece(order, 50, "by transfer")
    charge(on(DAYS + 1))
    assert paid(order) == ["50.00"]
    assert desk.service.of("pi") == []


def test_while_it_is_charged_nobody_is_led_to_a_page(order, desk):
    saved(order, desk)
    charge_due(now=on(DAYS))
    with pytest.raises(CardUnderWay):
        start_payment(order=order, provider=desk.provider, now=on(DAYS))


def test_while_somebody_pays_on_a_page_it_is_not_charged(order, desk):
    saved(order, desk)
    start_payment(order=order, provider=desk.provider, now=on(DAYS))
    charge(on(DAYS))
    assert desk.service.of("pi") == []
    assert PaymentAttempt.objects.filter(by_card=True).count() == 0


def test_somebody_who_begins_to_pay_at_that_very_moment_keeps_their_page(order, desk, monkeypatch):
    saved(order, desk)
    start_payment(order=order, provider=desk.provider, now=on(DAYS))
    monkeypatch.setattr(charging, "_is_being_paid", lambda _request: False)  # looked a moment earlier
    charge(on(DAYS))
    assert PaymentAttempt.objects.get().by_card is False
    assert (only_charge().tries, only_charge().next_at > on(DAYS)) == (0, True)


class TestTwoWorkersAtOnce:
    def at_once(self, order, desk, **how):
        """Have two workers begin what is due; return their answers."""
        card = saved(order, desk)
        request = order.requests.filter(replaced_at=None).earliest("pk")
        row = CardCharge.objects.create(card=card, request=request, next_at=timezone.now())
        later = timezone.now() + timedelta(days=DAYS)
        return race(*[partial(begin_try, charge_id=row.pk, now=later)] * 2, before=[(charging, "_attempt")], **how)

    def test_one_try_is_begun(self, order, desk):
        self.at_once(order, desk)
        assert PaymentAttempt.objects.filter(by_card=True).count() == 1
        assert (only_charge().tries, only_charge().attempt_id) == (1, PaymentAttempt.objects.get().pk)

    def test_control_without_locks_the_second_undoes_what_the_first_noted(self, order, desk):
        assert errors_among(self.at_once(order, desk, without=no_row_locks)) == []
        assert PaymentAttempt.objects.filter(by_card=True).count() == 1  # the database allows no second
        assert only_charge().tries == 0


def test_a_card_that_was_removed_is_charged_no_more(order, desk):
    saved(order, desk)
    remove_card(order=order)
    charge(on(DAYS))
    assert desk.service.of("pi") == []


def test_an_order_that_ended_is_charged_no_more(order, desk):
    saved(order, desk)
    charge_due(now=on(DAYS))
    cancel_order(order_id=order.pk, actor=None, now=on(DAYS))
    sweep(now=on(DAYS))
    charge(on(DAYS + 1))
    assert desk.service.of("pi") == []
    assert paid(order) == []


def test_money_charged_is_sent_back_by_its_reference(order, desk):
    saved(order, desk)
    charge(on(DAYS))
    reference = order.payments.get(status="succeeded").reference
    assert reference.startswith("pi_")
    answer = desk.provider.refund(reference=reference, amount=order.gross - 100, currency="EUR", key="k")
    assert answer.state == "succeeded"
    assert desk.provider.find_refund(reference=reference, key="k") == answer


def test_a_part_is_charged_to_a_card_by_one_row(order, desk):
    saved(order, desk)
    charge_due(now=on(DAYS))
    row = only_charge()
    with broken("shop_cardcharge_once"):
        copy("shop_cardcharge", row.pk, attempt_id=None)
    with broken("shop_cardcharge_attempt_id_key"):
        copy("shop_cardcharge", row.pk, request_id=order.requests.latest("pk").pk)
