"""A list of people at the operator's desk in a real browser: pasted, looked at, mended, placed, and its result."""

import os

import pytest
from playwright.sync_api import Page, expect

from common.sheets import limits
from enrolments.seats.models import Seat
from tests.browser.looks import check_page
from tests.browser.test_desk import NARROW, WIDE, account, bob, course, sign_in
from tests.common.sheets.books import workbook
from tests.enrolments.given import ENTRY, given_pack

__all__ = ["account", "bob", "course", "sign_in"]

PEOPLE = (
    "E-mail\tPrénom\tNom\n"
    "a.very.long.address.of.carol@example-organisation.org\tCarol\tPetit\n"
    "dan@example.org\tDan\tRoy\n"
    "Dan@Example.org\tDan\tRoy\n"
    "no address\tÈve\tVieux\n"
)


def keep(page: Page, name: str) -> None:
    """Check the page; save a picture of it where a folder for them is named."""
    check_page(page)
    if folder := os.environ.get("PICTURES_OF_LISTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("locale", "viewport", "color_scheme", "with_scripts"),
    [("fr-FR", NARROW, "light", True), ("en-GB", WIDE, "dark", False)],
)
def test_a_list_is_pasted_mended_placed_and_its_result_kept(
    browse, live_shop, sign_in, account, bob, course, locale, viewport, color_scheme, with_scripts
):
    given_pack(account, seats=4, course_list="SST-*")
    # axe is a script itself; where the page has none, the same pages are checked by the other case.
    options = {"viewport": viewport, "color_scheme": color_scheme, "reduced_motion": "reduce"}
    page = sign_in(browse(live_shop.base_url, locale=locale, **options), bob)
    if not with_scripts:
        page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(f"/account/{account.pk}/seats/")
    page.locator(f"main a[href='/account/{account.pk}/lists/new/']").click()
    keep(page, f"{locale}-1-new")
    page.locator("main [name=source]").select_option(f"entry:{ENTRY.code}")
    page.locator("main [name=course]").select_option(str(course.pk))
    page.locator("main [name=people]").fill("nobody")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("#form-errors")).to_be_focused()
    expect(page.locator("main [name=people]")).to_have_value("nobody")
    keep(page, f"{locale}-2-refused")
    page.locator("main [name=people]").fill(PEOPLE)
    page.locator("main form button[type=submit]").click()

    expect(page.locator("main tbody tr")).to_have_count(4)
    keep(page, f"{locale}-3-preview")
    page.locator("main tbody a[href$='/rows/5/']").click()
    keep(page, f"{locale}-4-row")
    page.locator("main [name=email]").fill("eve@example.org")
    page.locator("main form button[type=submit]").click()
    expect(page.locator(".messages .notice")).to_be_visible()
    page.locator("main button[name=mode][value=valid]").click()
    expect(page.locator("#list-progress")).to_be_visible()
    keep(page, f"{locale}-5-progress")

    live_shop.run_jobs()

    if not with_scripts:
        page.reload()
    expect(page.locator("main tbody .badge-good")).to_have_count(3)
    keep(page, f"{locale}-6-result")
    assert Seat.objects.filter(state="assigned").count() == 3
    page.goto(f"/account/{account.pk}/lists/")
    keep(page, f"{locale}-7-lists")


BAD_FILES = {
    "photo.png": b"\x89PNG\r\n\x1a\n" + bytes(99),
    "macros.xlsm": workbook([["E-mail"], ["ada@example.org"]]),
    "half-a-row.csv": b"E-mail;Nom;Nom\nada@example.org;Ada;Roy\nbob@exa",
    "large.csv": b"a;b\n" * (limits.MAX_BYTES // 4 + 1),
}
SENTENCES = {
    "photo.png": "Ce fichier est une image.",
    "macros.xlsm": "Ce classeur contient des macros (.xlsm).",
    "half-a-row.csv": "Ce fichier s’arrête au milieu de la ligne 3.",
    "large.csv": "Ce fichier dépasse 2 Mo.",
}
ODD = f"E-mail\tPrénom\tNom\n{'a' * 300}@example.org\t<b>Zoé</b>\tRoy\nx@example.org; y@example.org\tDeux\tPersonnes\n"


def test_bad_files_are_named_and_nothing_typed_is_lost_with_scripts_and_without(
    browse, live_shop, sign_in, account, bob, course
):
    given_pack(account, seats=4, course_list="SST-*")
    for with_scripts in (True, False):
        page = sign_in(browse(live_shop.base_url, locale="fr-FR", viewport=NARROW, reduced_motion="reduce"), bob)
        if not with_scripts:
            page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        page.goto(f"/account/{account.pk}/lists/new/")
        page.locator("main [name=source]").select_option(f"entry:{ENTRY.code}")
        page.locator("main [name=course]").select_option(str(course.pk))
        page.locator("main [name=people]").fill(ODD)
        for name, content in BAD_FILES.items():
            page.locator("main [name=file]").set_input_files(
                {"name": name, "mimeType": "application/octet-stream", "buffer": content}
            )
            page.locator("main form button[type=submit]").click()
            expect(page.locator("#form-errors")).to_contain_text(SENTENCES[name])
            expect(page.locator("main [name=people]")).to_have_value(ODD)
            expect(page.locator("main [name=course]")).to_have_value(str(course.pk))
        keep(page, f"bad-files-{'with' if with_scripts else 'without'}-scripts")
        # The file that was refused is not chosen any more.
        page.locator("main form button[type=submit]").click()
        expect(page.locator("main tbody tr")).to_have_count(2)
        expect(page.locator("main tbody")).to_contain_text("<b>Zoé</b>")
        expect(page.locator("main tbody")).to_contain_text("Deux adresses dans une même cellule")
        keep(page, f"odd-rows-{'with' if with_scripts else 'without'}-scripts")


@pytest.mark.parametrize("with_scripts", [True, False])
def test_fifty_megabytes_are_refused_in_words_and_going_back_brings_what_was_typed(
    browse, live_shop, sign_in, account, bob, course, tmp_path, with_scripts
):
    given_pack(account, seats=4, course_list="SST-*")
    large = tmp_path / "large.csv"
    large.write_bytes(bytes(50 * limits.MEGABYTE))
    page = sign_in(browse(live_shop.base_url, locale="fr-FR", viewport=NARROW, reduced_motion="reduce"), bob)
    if not with_scripts:
        page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(f"/account/{account.pk}/lists/new/")
    page.locator("main [name=source]").select_option(f"entry:{ENTRY.code}")
    page.locator("main [name=course]").select_option(str(course.pk))
    page.locator("main [name=people]").fill(ODD)
    page.locator("main [name=file]").set_input_files(large)
    page.locator("main form button[type=submit]").click()

    expect(page.locator("h1")).to_have_text("Envoi trop volumineux")
    keep(page, f"fifty-megabytes-{'with' if with_scripts else 'without'}-scripts")
    page.go_back()

    expect(page.locator("main [name=people]")).to_have_value(ODD)
    expect(page.locator("main [name=source]")).to_have_value(f"entry:{ENTRY.code}")
    expect(page.locator("main [name=course]")).to_have_value(str(course.pk))
