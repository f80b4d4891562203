"""Names and addresses as long as the tables take them, without a blank: no page of the product gets wider than its
window, and no ordinary word beside them is broken."""

from django.apps import apps
from django.conf import settings
from django.db.models import CharField, EmailField, JSONField, Model, TextField
from django.db.models.fields import Field
from django.urls import reverse
from playwright.sync_api import Page, TimeoutError

from tests.browser.test_every_page import NO_PAGES, pages_by_role
from tests.matrix import rules
from tests.matrix.table import rows_of, rules_in
from tests.matrix.urlconf import PAGES, addresses, page_name, registered_models
from tests.matrix.world import World, make_world

WIDTHS = (320, 768, 1024, 1280)
FLOORS = ("accounts", "auth", "billing", "catalog", "documents", "enrolments", "outbox", "shop")
# Columns that people type into, or that keep what they typed.
TYPED = {
    "billing_city", "billing_name", "billing_street", "city", "contact_name", "email", "entry_name", "first_name",
    "label_en", "label_fr", "last_name", "name", "name_en", "name_fr", "operator_email", "payer_email", "place_en",
    "place_fr", "purchase_reference", "recipient", "street", "summary_en", "summary_fr",
}  # fmt: skip
# The code of a group is bound to its order, former names of a course are its short names, and the name of a payment
# method or platform is that of its code.
KEPT = {"enrolments.coursename.name", "shop.platformsettings.name", "shop.providersettings.name"}
PAGES_OF_ADMIN = rules_in(rules.ADMIN)
# Words of the page's own, of which some letters stand on one line and the rest on the next.
BROKEN_WORDS = """() => {
    const isClipped = element =>
        element && (getComputedStyle(element).clipPath !== "none" || isClipped(element.parentElement));
    const broken = new Set(), range = document.createRange();
    const texts = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    for (let text; (text = texts.nextNode());) {
        if (!text.parentElement?.checkVisibility() || isClipped(text.parentElement)) continue;
        for (const word of text.data.matchAll(/\\p{L}{2,12}/gu)) {
            const before = text.data[word.index - 1], after = text.data[word.index + word[0].length];
            if (/[\\p{L}\\d@./_-]/u.test(before ?? " ") || /[\\p{L}\\d@./_-]/u.test(after ?? " ")) continue;
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            const tops = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
            if (tops.size > 1) broken.add(word[0]);
        }
    }
    return [...broken];
}"""

# Answers to scripts, parts of a page, data and files.
NO_PAGES_OF_ADMIN = (
    "admin:jsi18n", "admin:autocomplete", "admin:search", "admin:documents_document_file",
    "admin:shop_shopidentity_preview",
)  # fmt: skip


def test_a_page_is_never_wider_than_its_window(browse, live_shop):
    world = make_world()
    lengthen_names()

    found = []
    for role, urls in pages_by_role(world, left_out=NO_PAGES).items():
        page = opened(browse, live_shop.base_url, world.sessions.get(role))
        found += [fault for url in urls for fault in faults(page, url)]
    assert not found, "\n".join(found)


def test_a_page_of_the_administration_is_never_wider_than_its_window(browse, live_shop):
    world = make_world()
    lengthen_names()
    page = opened(browse, live_shop.base_url, world.sessions["administrator"])

    found = [fault for url in pages_of_the_administration(world) for fault in faults(page, url)]
    assert not found, "\n".join(found)


def opened(browse, base_url: str, session: str | None) -> Page:
    page = browse(base_url, locale="fr-FR", reduced_motion="reduce")
    if session:
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base_url}])
    return page


def faults(page: Page, url: str) -> list[str]:
    """Return what is wrong with a page in windows of several widths."""
    page.goto(url)
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        try:  # Charts follow the window a moment later.
            page.wait_for_function("document.documentElement.scrollWidth <= innerWidth", timeout=5_000)
        except TimeoutError:
            found.append(f"{url} is wider than a window of {width} px")
        if words := page.evaluate(BROKEN_WORDS):
            found.append(f"{url} breaks {', '.join(words)} in a window of {width} px")
    return found


def pages_of_the_administration(world: World) -> list[str]:
    models = {label: outcomes for label, *outcomes in rows_of(rules.MODELS)[1:]}
    urls = []
    for label, outcomes in models.items():
        shown = dict(zip(("list", "add", "row", "delete"), outcomes, strict=True)) | {"history": "page"}
        row = registered_models()[label]._default_manager.first()
        urls += [
            reverse(page_name(label, page), args=[] if page in ("list", "add") else [row.pk])
            for page in PAGES
            if shown[page] == "page"
        ]
    for address in addresses():
        outcomes_of = PAGES_OF_ADMIN.get((address.name, "GET"), {})
        if outcomes_of.get("administrator") == "page" and address.name not in NO_PAGES_OF_ADMIN:
            values = world.arguments(address.name)
            url = reverse(address.name, kwargs={name: values[name] for name in address.parameters})
            urls.append(url)
    return urls


def lengthen_names() -> None:
    """Give every row as long a name and address as its columns take."""
    for floor in FLOORS:
        for model in apps.get_app_config(floor).get_models():
            columns = [field for field in model._meta.concrete_fields if is_typed(model, field)]
            for row in model._base_manager.all() if columns else ():
                model._base_manager.filter(pk=row.pk).update(
                    **{field.attname: long_value(field, row) for field in columns if getattr(row, field.attname)}
                )


def is_typed(model: type[Model], field: Field) -> bool:
    return (
        field.name in TYPED
        and isinstance(field, CharField | TextField | JSONField)
        and f"{model._meta.label_lower}.{field.name}" not in KEPT
        and not (model._meta.label_lower == "enrolments.coursegroup" and field.unique)
    )


def long_value(field: Field, row: Model) -> object:
    if isinstance(field, JSONField):
        return {language: "W" * 200 for language, _name in settings.LANGUAGES}
    length = min(field.max_length or 300, 300)
    number = str(row.pk)
    if isinstance(field, EmailField) or field.name in ("recipient", "payer_email"):
        domain = ".".join(["w" * 60] * 3)
        return f"{number}{'m' * (length - len(number) - len(domain) - 9)}@{domain}.example"[-length:]
    return number + "W" * (length - len(number))
