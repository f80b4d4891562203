"""Checks for every page: readable by assistive technology, and within a narrow screen."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page


def check_page(page: Page) -> None:
    """Fail with axe's findings, or when the page scrolls sideways."""
    page.wait_for_load_state("load")
    hidden = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert hidden == 0, f"{page.url} is {hidden} px wider than the screen"
    assert findings(page) == [], page.url


def findings(page: Page, *, part: str = "html", **options) -> list[str]:
    """Return axe's violations within an element as sentences; `options` are axe's own (`runOnly`: its rules).

    Only violations are sent over: passed checks are so many that sending them takes longer than checking.
    """
    page.evaluate(AXE_SCRIPT)
    look = "([part, options]) => axe.run(part, options).then(found => found.violations)"
    found = page.evaluate(look, [part, {"resultTypes": ["violations"], **options}])
    return [_told(finding) for finding in found]


def _told(finding: dict) -> str:
    return f"{finding['id']}: {finding['help']} – " + " | ".join(node["html"][:120] for node in finding["nodes"][:3])


def tab_to(page: Page, selector: str, *, at_most: int = 80) -> None:
    """Press Tab until the element has the focus, as a person without a mouse does."""
    for _press in range(at_most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by keyboard on {page.url}")
