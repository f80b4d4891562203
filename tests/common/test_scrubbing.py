"""Texts and JSON values lose the addresses and names of one person, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db.models import Q

from accounts.people.models import User
from common.personal_data import Person
from common.scrubbing import GONE, naming, scrub_rows, scrubbed
from outbox.mails.models import Mail
from tests.factories.accounts import UserFactory
from tests.factories.outbox import MailFactory

ALICE = Person(
    key=1,
    emails=frozenset({"alice@example.org"}),
    names=frozenset({("Alice", "Martin"), ("", "Martin")}),
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Write to ALICE@example.org.", f"Write to {GONE}."),
        ("<alice@example.org>", f"<{GONE}>"),
        ("malice@example.org, alice@example.org.uk", "malice@example.org, alice@example.org.uk"),
        ("Alice Martin, martin  alice and Martin, Alice", f"{GONE}, {GONE} and {GONE}"),
        ("Alice Martinez; Jean Martin; Alice", "Alice Martinez; Jean Martin; Alice"),
    ],
)
def test_texts(text, left):
    assert scrubbed(text, ALICE) == left


def test_parts_of_a_name_go_where_the_object_names_the_person():
    own = {"email": "alice@example.org", "first_name": "alice", "last_name": "Martin", "role": "student"}
    by_name = {"first": "Alice", "last": "Martin", "n": 3}
    other = {"email": "jean@example.org", "first_name": "Jean", "last_name": "Martin"}

    assert scrubbed([own, {"people": [by_name, other]}], ALICE) == [
        {"email": GONE, "first_name": GONE, "last_name": GONE, "role": "student"},
        {"people": [{"first": GONE, "last": GONE, "n": 3}, other]},
    ]


def test_somebody_without_a_name_is_found_by_their_address_alone():
    nameless = Person(key=1, emails=frozenset({"a@example.org"}), names=frozenset({("", "")}))

    assert scrubbed({"a": "a@example.org", "b": "", "c": None}, nameless) == {"a": GONE, "b": "", "c": None}
    assert scrubbed("whatever", Person(key=1, emails=frozenset())) == "whatever"


@pytest.mark.django_db
def test_rows_are_scrubbed_in_batches_and_never_twice():
    named = [MailFactory(context={"who": "Alice Martin", "course": "First aid"}) for _ in range(3)]
    other = MailFactory(context={"who": "Jean Martin", "note": "with Alice"})

    assert naming(Mail.objects.all(), "context", person=ALICE).count() == 4
    counts = [scrub_rows(Mail.objects.all(), "context", "subject", person=ALICE, limit=2) for _ in range(3)]

    assert counts == [2, 1, 0]
    assert [Mail.objects.get(pk=each.pk).context for each in named] == [{"who": GONE, "course": "First aid"}] * 3
    assert Mail.objects.get(pk=other.pk).context == other.context


@pytest.mark.django_db
def test_texts_are_found_whatever_their_case():
    UserFactory(last_name="for Alice@Example.org")

    assert naming(User.objects.all(), "last_name", person=ALICE).count() == 1


NAMED_TWICE = replace(ALICE, namesakes=frozenset({2}), their_emails=frozenset({"am@example.org"}))


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ("Alice Martin <AM@example.org>", "Alice Martin <AM@example.org>"),
        ("Alice Martin (am@example.org, alice@example.org)", f"{GONE} (am@example.org, {GONE})"),
        ("Alice Martin", GONE),
        ({"to": "am@example.org", "who": "Alice Martin"}, {"to": "am@example.org", "who": "Alice Martin"}),
        (
            {"email": "new@example.org", "first_name": "Alice", "last_name": "Martin"},
            {"email": "new@example.org", "first_name": "Alice", "last_name": "Martin"},
        ),
        (
            {"email": "", "first_name": "Alice", "last_name": "Martin"},
            {"email": "", "first_name": GONE, "last_name": GONE},
        ),
    ],
)
def test_what_is_a_namesake_s_stays(value, left):
    assert scrubbed(value, NAMED_TWICE) == left


@pytest.mark.django_db
def test_of_rows_about_a_namesake_only_the_person_s_address_goes():
    theirs = MailFactory(recipient="am@example.org", context={"who": "Alice Martin", "by": "alice@example.org"})
    others = MailFactory(context={"who": "Alice Martin"})
    condition = Q(recipient="am@example.org")

    counts = [
        scrub_rows(Mail.objects.all(), "context", person=NAMED_TWICE, limit=5, theirs=condition) for _twice in range(2)
    ]

    assert counts == [2, 0]
    assert Mail.objects.get(pk=theirs.pk).context == {"who": "Alice Martin", "by": GONE}
    assert Mail.objects.get(pk=others.pk).context == {"who": GONE}
