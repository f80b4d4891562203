"""Notes of staff on orders and accounts: written, shown, never changed."""

import pytest
from django.urls import reverse
from django.utils import timezone

from shop.notes.models import Note
from shop.notes.services import NoteRefused, add_note, notes_of_account, notes_of_order
from shop.orders.claim import claim_order, move_claimed_order
from tests.constraints import broken, run
from tests.factories.accounts import MembershipFactory
from tests.factories.shop import make_cart, place
from tests.shop.admin_pages import order_url, text_of
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db


def note_url(order):
    return reverse("admin:shop_order_note", args=[order.pk])


def test_a_note_is_shown_with_author_and_time(client, merchant, order):
    answer = client.post(note_url(order), {"text": "  Rappeler <lundi>\nMme Roy "})
    assert answer["location"] == f"{order_url(order)}#notes"
    note = Note.objects.get()
    assert (note.order, note.account, note.author, note.text) == (order, None, merchant, "Rappeler <lundi>\nMme Roy")
    told = text_of(client.get(order_url(order)))
    assert "Rappeler <lundi>" in told
    assert "Maud Marchand" in told


def test_a_note_on_the_account_is_shown_there_and_on_its_orders(client, order):
    client.post(reverse("admin:shop_account_note", args=[order.account_id]), {"text": "Pays late"})
    account_page = reverse("admin:accounts_customeraccount_change", args=[order.account_id])
    assert "Pays late" in text_of(client.get(account_page))
    assert "Pays late" in text_of(client.get(order_url(order)))


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_nothing_typed_is_lost_when_a_note_is_refused(client, order, text):
    client.post(note_url(order), {"text": text})
    assert not Note.objects.exists()
    page = client.get(order_url(order)).content.decode()
    assert "at most 2,000 characters" in page
    assert text.strip() in page


def test_a_refused_note_blames_the_field_in_which_it_was_typed(client, order):
    with pytest.raises(NoteRefused) as refused:
        add_note(text=" ", author=staff(), now=timezone.now(), order=order)
    assert f'name="{refused.value.field}"' in client.get(order_url(order)).content.decode()


def test_only_by_post_and_by_permission(order):
    reader = browser_of(staff("shop.view_order", "shop.view_note"))
    add_note(text="Hello", author=staff(), now=timezone.now(), order=order)
    assert "Hello" in text_of(reader.get(order_url(order)))
    assert 'name="text"' not in reader.get(order_url(order)).content.decode()
    assert (reader.get(note_url(order)).status_code, reader.post(note_url(order)).status_code) == (405, 403)
    assert "Hello" not in text_of(browser_of(staff("shop.view_order")).get(order_url(order)))


def test_notes_move_with_the_account(diary, probe_entry):
    member = MembershipFactory()
    placed = place(make_cart(probe_entry), email=member.user.email)
    note = add_note(text="Kept", author=staff(), now=timezone.now(), account=placed.account)
    claim_order(order_id=placed.pk, user=member.user, now=timezone.now())
    move_claimed_order(order_id=placed.pk, user=member.user, account_id=member.account_id, now=timezone.now())
    note.refresh_from_db()
    assert note.account_id == member.account_id


def test_the_table_refuses_a_note_about_nothing_or_that_says_nothing(order):
    add_note(text="x", author=staff(), now=timezone.now(), order=order)
    with broken("shop_note_about_one"):
        run("UPDATE shop_note SET order_id = NULL")
    with broken("shop_note_says_something"):
        run("UPDATE shop_note SET text = ''")


def test_the_newest_hundred_notes_are_shown(order, merchant):
    now = timezone.now()
    Note.objects.bulk_create(
        Note(account=order.account, text=str(number), author=merchant, at=now) for number in range(101)
    )

    for shown in (notes_of_order(order), notes_of_account(order.account)):
        assert [note.text for note in shown] == [str(number) for number in range(100, 0, -1)]
