"""Any input: hostile values never make a page fail, and what is refused changes nothing."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections import Counter
from html.parser import HTMLParser
from io import BytesIO
from random import Random
from typing import Any

import pytest
from django import forms
from django.core.files.base import ContentFile
from django.http import QueryDict
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from accounts.links.models import AddressLink
from accounts.links.services import TOKEN_PURPOSE, NewLink, create_links, find_link
from accounts.members.forms.details import ProfileForm
from accounts.people.models import User
from catalog.html import TAGS, clean_html, plain_text
from catalog.services.errors import ImageRefused
from catalog.services.images import SIDE_AT_MOST, prepare_image
from common.fields import AddressField
from common.tokens import derive_token
from handlers.contract import ParametersForm, answers_to_store
from handlers.querystring import encode, parse
from handlers.registry import installed
from shop.orders.models import Order
from shop.orders.selectors import order_by_token
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place
from tests.ordeal import Trial
from tests.trials import hostile
from tests.trials.attack import Attack, Request


def seed_of(trial: Trial) -> str:
    """Return a seed fixed in `make test` and new in each ordeal; `FUZZ_SEED` repeats a run."""
    seed = os.environ.get("FUZZ_SEED") or (secrets.token_hex(4) if trial.is_full else "short")
    trial.note("seed", seed)
    return seed


def again(seed: str, number: int) -> str:
    return f"input {number} of seed {seed!r} (FUZZ_SEED={seed} brings it back, in the short form or in the full one)"


# --- Pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.django_db
def test_requests(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hostile requests to every page: forms, addresses, queries, headers, bodies, notifications"""
    seed, kinds = seed_of(trial), Counter[str]()
    attack = Attack(pages_at_most=trial.size(20, 400), of_one_route=trial.size(1, 3), pages_of_staff=trial.size(8, 300))
    for number in range(trial.size(120, 10_000)):
        request = attack.request(Random(f"{seed}:{number}"))
        kinds[request.kind] += 1
        wrong = attack.send(request)
        assert not wrong, f"{wrong}\n{again(seed, number)}\n{request}"
    trial.note("requests", ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    trial.note("hostile values in them", attack.values)
    trial.note("answers", ", ".join(f"{count} × {status}" for status, count in sorted(attack.statuses.items())))
    every = {pattern for pattern, _view in attack.routes}
    trial.note("routes that answered", f"{len(attack.reached & every)} of {len(every)}")
    check_that_faults_are_found(attack, monkeypatch)


def check_that_faults_are_found(attack: Attack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that two planted faults are found: a field that fails on some characters, a form that writes first."""
    clean = AddressField.clean

    def stumble(field: AddressField, value: Any) -> str:
        if not str(value).isascii():
            raise RuntimeError("Beyond ASCII.")
        return clean(field, value)

    with monkeypatch.context() as patch:
        patch.setattr(AddressField, "clean", stumble)
        sent = (attack.request(Random(f"stumble:{number}")) for number in range(5_000))
        typed_there = (each for each in sent if each.kind == "a form" and b"mail" in each.body)
        assert "Beyond ASCII." in next(filter(None, map(attack.send, typed_there)))

    def write_and_refuse(form: ProfileForm) -> dict[str, Any]:
        User.objects.filter(pk=form.instance.pk).update(first_name="half")
        raise forms.ValidationError("No.")

    monkeypatch.setattr(ProfileForm, "clean", write_and_refuse)
    typed = hostile.urlencoded([("form", "profile"), ("first_name", "A"), ("last_name", "B"), ("language", "")])
    wrong = attack.send(Request("a form", "owner", "POST", "/account/profile/", typed))
    assert wrong == "status 422, and yet accounts_user changed"


# --- Forms and strings that no page is needed for --------------------------------------------------------------------


def posted(rng: Random, fields: dict[str, forms.Field]) -> QueryDict:
    """Return form data as a browser, or a program that poses as one, sends it for some fields."""
    pairs: hostile.Pairs = []
    for name in fields:
        for _ in range(rng.choice((0, 1, 1, 1, 1, 2))):
            usual = rng.choice(("2026-03-01", "5", "alice@example.org", "SEC-*, ELEC-01", "student", "1", "Alice"))
            pairs.append((name, usual if rng.random() < 0.5 else hostile.text(rng, usual)))
    return QueryDict(hostile.urlencoded(pairs))


def every_form() -> list[type[forms.Form]]:
    """Return the parameter forms and micro-forms of every installed handler."""
    handlers = [found.handler for found in installed()]
    return [form for each in handlers for form in (each.MerchantForm, each.UnitForm) if form is not None]


@pytest.mark.django_db
def test_forms_of_handlers(trial: Trial) -> None:
    """Parameters and micro-forms of every handler: cleaned, shown again, stored as JSON that Postgres takes"""
    seed, kinds, accepted = seed_of(trial), every_form(), 0
    for number in range(trial.size(250, 30_000)):
        rng = Random(f"{seed}:{number}")
        kind = rng.choice(kinds)
        form = kind(posted(rng, kind.base_fields))
        try:
            accepted += form.is_valid()
            form.as_div()
            if form.is_valid():
                check_stored(form)
        except Exception as error:
            typed = f"{dict(form.data)!r:.3000}"
            raise AssertionError(f"{kind.__qualname__} with {typed}\n{again(seed, number)}") from error
    trial.note("forms filled in", trial.size(250, 30_000))
    trial.note("of which accepted", accepted)


def check_stored(form: forms.Form) -> None:
    if isinstance(form, ParametersForm):
        stored = form.to_parameters()
        written = encode(stored, type(form))
        read = parse(written, type(form))
        assert read.errors == {}
        form_read = read.form()
        assert form_read.is_valid(), form_read.errors
        assert form_read.to_parameters() == stored
    else:
        stored = answers_to_store(form.cleaned_data)
    # A column of JSON takes neither infinity nor a lone surrogate nor a zero byte.
    as_json = json.dumps(stored, ensure_ascii=False, allow_nan=False)
    as_json.encode()
    assert "\\u0000" not in as_json


def test_strings_of_parameters(trial: Trial) -> None:
    """Strings of parameters, any text: read without an exception, and what is accepted survives the round trip"""
    kinds = [found.handler.MerchantForm for found in installed()]
    names = sorted({name for kind in kinds for name in kind.base_fields})
    noise = st.text(st.characters() | st.sampled_from("&=%+-*, \0é\n019"), max_size=30)
    pairs = st.tuples(st.sampled_from(names) | noise, st.sampled_from(hostile.TEXTS) | noise)
    strings = st.lists(pairs.map("=".join), max_size=6).map("&".join)

    @settings(max_examples=trial.size(60, 15_000), database=None)
    @given(strings, st.sampled_from(kinds))
    def read(text: str, kind: type[ParametersForm]) -> None:
        parsed = parse(text, kind)
        for key, readings in parsed.both_readings.items():
            assert parsed.values[key] == readings.decoded != readings.literal
        form = parsed.form()
        if form.is_valid():
            check_stored(form)

    read()
    trial.note("strings", trial.size(60, 15_000))


# --- Tokens ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_tokens(trial: Trial) -> None:
    """Tokens of orders and links, truncated, lengthened, respelled, of another kind: none opens anything"""
    seed, now = seed_of(trial), timezone.now()
    order: Order = place(make_cart(EntryFactory()))
    [link] = create_links(links=[NewLink(purpose="invitation", email="alice@example.org")], now=now)
    token = derive_token(TOKEN_PURPOSE, link.pk, link.nonce)
    assert order_by_token(order.token) == order
    assert find_link(token=token, now=now) == link
    true = {order.token, token}
    for number in range(trial.size(150, 10_000)):
        rng = Random(f"{seed}:{number}")
        typed = hostile.text(rng, rng.choice((order.token, token, str(order.pk), order.number, link.nonce)))
        # Bytes of an address that are no UTF-8 are replaced before any view reads them.
        typed = hostile.raw(typed).decode("utf-8", "replace").replace("\0", "\ufffd")
        if typed not in true:
            assert order_by_token(typed) is None, again(seed, number)
            assert find_link(token=typed, now=now) is None, again(seed, number)
        assert order_by_token(token) is None
    assert AddressLink.objects.get(pk=link.pk).used_at is None
    trial.note("tokens", trial.size(150, 10_000))


# --- What merchants upload and write ---------------------------------------------------------------------------------


def test_uploaded_images(trial: Trial) -> None:
    """Uploaded pictures, damaged, enormous, of other kinds: refused, or written anew as one small plain WebP"""
    seed, taken = seed_of(trial), 0
    for number in range(trial.size(150, 15_000)):
        rng = Random(f"{seed}:{number}")
        name, content = hostile.file(rng)
        try:
            prepared = prepare_image(ContentFile(content, name=name))
        except ImageRefused:
            continue
        except Exception as error:
            raise AssertionError(f"{name!r}: {content!r:.3000}\n{again(seed, number)}") from error
        taken += 1
        written = prepared.read()
        with Image.open(BytesIO(written)) as picture:
            assert (picture.format, getattr(picture, "n_frames", 1)) == ("WEBP", 1), again(seed, number)
            assert max(picture.size) <= SIDE_AT_MOST, again(seed, number)
            assert not picture.getexif(), again(seed, number)
        assert prepared.name.endswith(".webp"), again(seed, number)
        assert b"script" not in written, again(seed, number)
    trial.note("files", trial.size(150, 15_000))
    trial.note("of which pictures the shop could read", taken)


BLANK = "".join(map(chr, range(33)))


class Remaining(HTMLParser):
    """Parser that fails at anything a merchant's text must not hold."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            assert name in ("href", "rel", "colspan", "rowspan", "title", "lang"), name
            if name == "href":
                # Characters that browsers skip are left out; without a plain scheme an address is relative.
                scheme, colon, _rest = re.sub(r"[\t\n\r]", "", value or "").lstrip(BLANK).partition(":")
                is_relative = not colon or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme)
                assert is_relative or scheme.lower() in ("http", "https", "mailto", "tel"), value

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


# fmt: off
PIECES = (
    *("<script>", "</script>", "<img src=x onerror=alert(1)>"),
    *("<svg/onload=alert(1)>", "<a href='", "javascript:alert(1)'>"),
    *("<a href=java&#10;script:alert(1)>", "<a href=' &#1;javascript:x'>"),
    *("<a href=data:text/html,x>", "<a href=//evil.example>"),
    *("<p style='background:url(javascript:x)' class=a id=b>"),
    *("<math><mi//xlink:href='data:x,<script>'>", "<!--", "-->"),
    *("<![CDATA[", "]]>", "<style>@import 'x'</style>", "<template>"),
    *("<noscript><p title='</noscript><img src=x>'>", "<h1>"),
    *("<a href='https://example.org' target=_blank onclick=x>"),
    *("</a>", "<iframe srcdoc='<b>'>", "<form action=x>", "<input>"),
    *("<td colspan='9999999999999'>", "<table>", "<b", "<", ">"),
    *("&lt;script&gt;", "&", "\0", "<h2 onmouseover=x>", "<?php ?>"),
)
# fmt: on


def test_html_of_merchants(trial: Trial) -> None:
    """Texts with HTML: only harmless tags, attributes and addresses remain, and cleaning again changes nothing"""
    seed = seed_of(trial)
    for number in range(trial.size(300, 20_000)):
        rng = Random(f"{seed}:{number}")
        typed = "".join(
            rng.choice(PIECES) if rng.random() < 0.7 else hostile.text(rng)[:2000] for _ in range(rng.randint(1, 8))
        )
        typed = hostile.raw(typed).decode("utf-8", "replace")
        try:
            cleaned = clean_html(typed)
            reader = Remaining()
            reader.feed(cleaned)
            reader.close()
            assert clean_html(cleaned) == cleaned
            plain_text(typed)
        except Exception as error:
            raise AssertionError(f"{typed!r:.3000}\n{again(seed, number)}") from error
    trial.note("texts", trial.size(300, 20_000))
