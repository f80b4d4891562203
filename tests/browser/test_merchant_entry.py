"""A merchant configures an entry in a browser: fields appear, choosers search, nothing is lost."""

import pytest
from django.conf import settings
from django.test import Client

from catalog.models.entries import Entry
from handlers.contract import ParametersForm
from handlers.registry import get_handler, temporary
from tests.catalog.handlers import Bespoke
from tests.factories.accounts import UserFactory
from tests.factories.catalog import CategoryFactory, EntryFactory, TaxFactory
from tests.factories.enrolments import CourseFactory

SEATS = "cfg_std_generateseats_"


@pytest.fixture
def merchant(browse, live_shop):
    """Open the admin, signed in as a superuser."""
    page = browse(live_shop.base_url, locale="fr-FR", viewport={"width": 1280, "height": 900})
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True, language="fr"))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_shop.base_url}])
    return page


def parameters_of(form: type[ParametersForm], **changes: object) -> dict[str, object]:
    return form.default_parameters() | changes


def test_a_merchant_sells_unassigned_seats(merchant):
    CategoryFactory(name_fr="Sécurité")
    TaxFactory(name_fr="TVA 20 %")
    for number in range(3):
        CourseFactory(short_name=f"SEC-0{number}", name_fr=f"Sécurité {number}")
    page = merchant

    page.goto("/admin/catalog/entry/add/")
    page.locator("#id_code").fill("PACK-SEC")
    page.locator("#id_category").select_option(label="Sécurité")
    page.locator("#id_state").select_option("available")
    page.locator("#id_name_fr").fill("Dix places")
    page.locator("trix-editor").first.click()
    page.keyboard.insert_text("Une description")  # keys faster than a person's overtake the editor's caret
    _tab(page, 2).click()
    page.locator("#id_tax").select_option(label="TVA 20 %")
    _tab(page, 3).focus()
    page.keyboard.press("Enter")
    assert page.locator(f"#id_{SEATS}packsize").is_hidden()
    page.locator("#id_handler").select_option("std_generateseats")
    page.locator(f"#id_{SEATS}packsize").fill("10")
    page.locator(f"#id_{SEATS}endtime_0").fill("31/12/2027")
    search = page.locator(f"#id_{SEATS}courselist + .select2 .select2-search__field")
    search.click()
    search.type("securite 1")
    page.get_by_role("option", name="SEC-01 – Sécurité 1").click()
    search.type("ELEC-*")
    page.get_by_role("option", name="ELEC-* (").wait_for()
    page.keyboard.press("Enter")
    search.type("BUR-%,")
    page.locator(f"#id_{SEATS}customersupport + .select2").click()
    page.keyboard.type("SEC-02")
    page.get_by_role("option", name="SEC-02 – Sécurité 2").click()
    page.locator("#id_tiers-0-unit_net").fill("950.50")
    page.locator("button[name=_continue]").click()
    page.wait_for_url("**/change/")

    entry = Entry.objects.get()
    assert entry.description_fr == "<p>Une description</p>"
    assert entry.parameters == parameters_of(
        get_handler("std_generateseats").MerchantForm,
        packsize=10,
        endtime="2027-12-31",
        courselist="SEC-01,ELEC-*,BUR-%",
        customersupport="SEC-02",
    )
    assert [str(tier.unit_net) for tier in entry.tiers.all()] == ["950.50"]

    # The saved values are shown again: saving once more changes nothing.
    _tab(page, 3).click()
    assert page.locator(f"#id_{SEATS}endtime_0").input_value() == "31/12/2027"
    assert "packsize=10" in page.locator("#id_parameter_string").input_value()
    page.locator("button[name=_save]").click()
    page.wait_for_url("**/entry/")
    again = Entry.objects.get()
    assert (again.parameters, again.description_fr, again.version) == (entry.parameters, entry.description_fr, 2)


TEXTS = (
    "<p>Un paragraphe&nbsp;: « ici »</p><p>Un autre, avec <b>du gras</b>,<br>et une ligne.</p>",
    "<div>Ancien<br><br>texte</div>",
    '<h3>Titre</h3>\n<p>Texte <a href="https://amphi.example" rel="noopener noreferrer nofollow">lien</a></p>'
    "<ul><li>un</li><li>deux</li></ul><p>Fin</p>",
    "<table><tbody><tr><td>A</td><td>B</td></tr></tbody></table>",
    "<p>Il en reste 12\u202f%\u202f!</p>",
    "",
)


@pytest.mark.parametrize("html", TEXTS)
def test_a_description_comes_through_opening_and_saving_unchanged(merchant, html):
    entry = EntryFactory(description_fr=html, description_en="")
    page = merchant

    page.goto(f"/admin/catalog/entry/{entry.pk}/change/")
    # Editors are set up in the frame after they are drawn.
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert page.locator("trix-editor:visible").count() == ("<table" not in html)
    page.locator("#id_position").evaluate("field => field.value = 3")
    page.locator("button[name=_save]").click()
    page.wait_for_url("**/entry/")

    entry.refresh_from_db()
    assert (entry.description_fr, entry.position, entry.version) == (html, 3, 2)


def test_spaces_before_french_colons_outlive_what_is_typed(merchant):
    entry = EntryFactory(description_fr="<p>Le prix&nbsp;: 12\u202f% de moins</p>")
    page = merchant

    page.goto(f"/admin/catalog/entry/{entry.pk}/change/")
    page.locator("trix-editor:visible").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("!")
    page.locator("button[name=_save]").click()
    page.wait_for_url("**/entry/")

    entry.refresh_from_db()
    assert entry.description_fr == "<p>Le prix&nbsp;: 12\u202f% de moins!</p>"


def test_paragraphs_typed_are_paragraphs(merchant):
    entry = EntryFactory(description_fr="<p>Un</p><p>Deux</p>")
    page = merchant

    page.goto(f"/admin/catalog/entry/{entry.pk}/change/")
    editor = page.locator("trix-editor:visible").first
    assert editor.inner_text().split() == ["Un", "Deux"]
    editor.click()
    page.keyboard.press("Control+End")
    # At the pace of a person: the editor draws each stroke before it is ready for the next.
    page.keyboard.press("Enter", delay=60)
    page.keyboard.press("Enter", delay=60)
    page.keyboard.type("Trois", delay=60)
    page.locator("button[name=_save]").click()
    page.wait_for_url("**/entry/")

    entry.refresh_from_db()
    assert entry.description_fr == "<p>Un</p><p>Deux</p><p>Trois</p>"


def test_enter_in_a_course_chooser_takes_the_course_found(merchant):
    entry = EntryFactory(handler="std_enroloncourse")
    CourseFactory(short_name="AMIANTE-SS4", name_fr="Amiante")
    page = merchant

    page.goto(f"/admin/catalog/entry/{entry.pk}/change/")
    _tab(page, 3).click()
    page.locator("#id_cfg_std_enroloncourse_coursename + .select2").click()
    page.keyboard.type("amian")
    page.get_by_role("option", name="AMIANTE-SS4 – Amiante").wait_for()
    page.keyboard.press("Enter")
    assert page.locator("#id_cfg_std_enroloncourse_coursename").input_value() == "AMIANTE-SS4"


def test_a_comma_of_a_price_is_kept(merchant):
    entry = EntryFactory()
    page = merchant

    page.goto(f"/admin/catalog/entry/{entry.pk}/change/")
    page.locator("#id_tiers-0-unit_net").fill("")
    page.locator("#id_tiers-0-unit_net").click()
    page.keyboard.type("12,50")
    page.locator("button[name=_save]").click()
    page.wait_for_url("**/entry/")

    assert [str(tier.unit_net) for tier in entry.tiers.all()] == ["12.50"]


def test_a_table_is_edited_as_it_is_written(merchant):
    entry = EntryFactory(description_fr=TEXTS[3])
    page = merchant

    page.goto(f"/admin/catalog/entry/{entry.pk}/change/")

    assert page.locator("#id_description_fr").is_visible()
    assert page.locator("#id_description_fr").input_value() == TEXTS[3]


def test_the_string_of_an_older_shop_is_pasted(merchant):
    entry = EntryFactory()
    page = merchant

    page.goto(f"/admin/catalog/entry/{entry.pk}/change/")
    _tab(page, 3).click()
    page.locator("#id_handler").select_option("std_generateseats")
    page.locator("#id_parameter_string").fill("courselist=SEC-%&packsize=5&unknown=1")
    page.locator("button[name=_save]").click()
    assert "unknown" in page.locator(".text-red-600", has_text="unknown").inner_text()
    page.locator("#id_parameter_string").fill("courselist=SEC-%&packsize=5")
    page.locator("button[name=_save]").click()
    page.wait_for_url("**/entry/")

    entry.refresh_from_db()
    assert (entry.parameters["courselist"], entry.parameters["packsize"]) == ("SEC-%", 5)


def test_the_fields_of_a_specific_handler_follow_the_code(merchant):
    CategoryFactory()
    page = merchant
    with temporary(Bespoke, specific=True):
        page.goto("/admin/catalog/entry/add/")
        _tab(page, 3).click()
        page.locator("#id_handler").select_option("specific")
        note = page.locator("#id_cfg_specific_big_order_note")
        assert note.is_hidden()
        page.locator("#id_code").fill("Big-Order")
        note.wait_for(state="visible")
        page.locator("#id_code").fill("Big-Orders")
        note.wait_for(state="hidden")


def _tab(page, number: int):
    return page.get_by_role("tab").nth(number)
