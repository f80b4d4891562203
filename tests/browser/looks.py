"""What every page must keep whatever it shows: readable by assistive technology, and within a narrow screen."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def check_page(page: Page) -> None:
    """Fails with axe's findings, or when the page scrolls sideways."""
    page.wait_for_load_state("load")
    hidden = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert hidden == 0, f"{page.url} is {hidden} px wider than the screen"
    findings = Axe().run(page).response["violations"]
    assert [told(finding) for finding in findings] == [], page.url


def told(finding: dict) -> str:
    return f"{finding['id']}: {finding['help']} – " + " | ".join(node["html"][:120] for node in finding["nodes"][:3])


def tab_to(page: Page, selector: str, *, at_most: int = 80) -> None:
    """Presses Tab until the element has the focus, as somebody without a mouse does."""
    for _press in range(at_most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by keyboard on {page.url}")
