"""Values typed into a form are put back into another rendering of it."""

from __future__ import annotations

import pytest
from django import forms

from accounts.sign_in.forms import CodeField
from common.typed_again import Marked, fill_form, is_carried, mark_form

PAGE = """<form method="get" novalidate><input name="q"></form>
<form method="post"><button>Leave</button></form>
<form class="x" method="post" novalidate>
<input type="hidden" name="csrfmiddlewaretoken" value="new"><input name="z">{}</form>
<p>after &amp; <b>all</b></p>"""


def refilled(controls: str, **typed: list[str]) -> str:
    marked = mark_form(PAGE.format(controls))
    page = marked.page
    filled = fill_form(page, marked.form_id, {"csrfmiddlewaretoken": ["old"], **typed})
    start = page.index('name="z">') + len('name="z">')
    assert filled[:start] == page[:start]
    assert filled.endswith("</form>\n<p>after &amp; <b>all</b></p>")
    return filled[start : filled.rindex("</form>")]


@pytest.mark.parametrize(
    ("controls", "typed", "expected"),
    [
        ('<input type="text" name="a" value="x">', ["y"], '<input type="text" name="a" value="y">'),
        ('<input name="a">', ['"><script>é'], '<input name="a" value="&quot;&gt;&lt;script&gt;é">'),
        ('<input type="email" name="a" value="x" required/>', [""], '<input type="email" name="a" required value=""/>'),
        ('<input type="hidden" name="a" value="3">', ["2"], '<input type="hidden" name="a" value="2">'),
        ('<input name="a"><input name="a">', ["1", "2"], '<input name="a" value="1"><input name="a" value="2">'),
        ('<input type="password" name="a">', ["secret"], '<input type="password" name="a">'),
        ('<input type="checkbox" name="a" checked>', [], '<input type="checkbox" name="a">'),
        ('<input type="checkbox" name="a">', ["on"], '<input type="checkbox" name="a" checked>'),
        (
            '<input type="radio" name="a" value="1" checked><input type="radio" name="a" value="2">',
            ["2"],
            '<input type="radio" name="a" value="1"><input type="radio" name="a" value="2" checked>',
        ),
        (
            '<select name="a"><option value="" selected>–</option><option value="FR">France</option></select>',
            ["FR"],
            '<select name="a"><option value="">–</option><option value="FR" selected>France</option></select>',
        ),
        ('<textarea name="a">\nold &amp; new</textarea>', ["<b>\n"], '<textarea name="a">\n&lt;b&gt;\n</textarea>'),
        ('<textarea name="b">old &amp; new</textarea>', ["x"], '<textarea name="b">old &amp; new</textarea>'),
        ('<input name="b" value="&lt;"><!-- c --><label>d&#x27;e</label>', [], None),
    ],
)
def test_every_kind_of_control(controls, typed, expected):
    posted = {"a": typed} if typed else {}
    assert refilled(controls, **posted) == (controls if expected is None else expected)


def test_the_form_with_most_fields_is_meant_and_a_page_without_one_stays_as_it_is():
    small, large = ('<form method="post" novalidate>{}</form>'.format('<input name="x">' * n) for n in (1, 3))
    assert mark_form(small + large) == Marked(small + large.replace("<form", '<form id="typed"'), "typed")
    assert mark_form('<form method="post" novalidate id="mine"><select></select></form>').form_id == "mine"
    without = '<form method="post"><input></form><form method="get" novalidate><input></form>'
    assert mark_form(without) == Marked(without)


def test_the_button_of_the_enter_key_is_found():
    buttons = '<button type="button" name="no"></button><button type="submit" name="next" value="&lt;1"></button>'
    marked = mark_form(f'<form method="post" novalidate><input>{buttons}<button name="later"></button></form>')
    assert (marked.name, marked.value) == ("next", "<1")


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("city", "/checkout/details/", True),
        ("code", "/admin/catalog/entry/add/", True),
        ("code", "/auth/code/", False),
        ("password", "/auth/login/", False),
        ("new_password1", "/admin/accounts/user/1/password/", False),
        ("oldpassword", "/auth/password/change/", False),
        ("csrfmiddlewaretoken", "/cart/", False),
    ],
)
def test_what_is_carried_over(name, path, expected):
    assert is_carried(name, path) is expected


def test_no_field_for_a_password_or_a_code_is_carried():
    """Every form class that exists once all pages are loaded."""
    from django.urls import get_resolver

    _ = get_resolver().url_patterns
    secret = [
        name
        for form in _all_below(forms.BaseForm)
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field, CodeField) or isinstance(field.widget, forms.PasswordInput)
    ]
    assert len(secret) > 5
    assert [name for name in secret if is_carried(name, "/auth/")] == []


def _all_below(base: type) -> set[type]:
    below = set(base.__subclasses__())
    return below.union(*(_all_below(each) for each in below))
