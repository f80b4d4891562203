"""Memory of calls for refunds: what its rows refuse, and two processes that call at once."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from shop.payments.port import Unreachable
from shop.payments.refund_calls.models import RefundCall
from shop.payments.refund_calls.services import begin_call, call_again, call_of, forget, note_made
from tests.constraints import broken

pytestmark = pytest.mark.django_db(transaction=True)


def begin(key: str = "k1", payment: str = "p1") -> RefundCall:
    return begin_call(provider="bank", key=key, payment=payment, known=["r0"], now=timezone.now())


def insert(key: str, payment: str, reference: str) -> None:
    sql = "INSERT INTO shop_refundcall (provider, key, payment, reference, called_at) VALUES (%s, %s, %s, %s, now())"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, ["bank", key, payment, reference])


def test_rows_refuse_what_would_send_money_twice():
    insert("k0", "p1", "r1")
    insert("k1", "p1", "")
    with broken("shop_refundcall_key_once"):
        insert("k1", "p2", "r9")
    with broken("shop_refundcall_one_unanswered"):
        insert("k2", "p1", "")
    with broken("shop_refundcall_reference_once"):
        insert("k2", "p1", "r1")
    insert("k3", "p2", "")


def at_once(calls: list) -> list[object]:
    barrier, results = Barrier(len(calls)), []

    def run(call) -> None:
        try:
            barrier.wait()
            results.append(call())
        except Unreachable as refusal:
            results.append(str(refusal))
        finally:
            connection.close()

    threads = [Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_at_once_with_one_key_are_one_call():
    results = at_once([begin, begin])
    assert sum(isinstance(result, RefundCall) for result in results) == 1
    assert "another_refund_unanswered" in results


def test_one_of_two_takes_an_unanswered_call_again():
    call = begin()
    later = timezone.now() + timedelta(minutes=6)
    results = at_once([lambda: call_again(call, now=later)] * 2)
    assert sorted(map(str, results)) == ["None", "not_answered_yet"]


def test_a_call_that_may_still_arrive_is_not_made_again():
    with pytest.raises(Unreachable, match="not_answered_yet"):
        call_again(begin(), now=timezone.now() + timedelta(minutes=4))


def test_an_answered_call_stays_and_a_refused_one_goes():
    call, other = begin(), begin("k2", "p2")
    note_made(call, reference="r1")
    forget(call)
    forget(other)
    assert call_of(provider="bank", key="k1").reference == "r1"
    assert call_of(provider="bank", key="k2") is None
