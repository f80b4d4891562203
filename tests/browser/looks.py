"""What every page must keep whatever it shows: readable by assistive technology, and within a narrow screen."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page


def check_page(page: Page) -> None:
    """Fails with axe's findings, or when the page scrolls sideways."""
    page.wait_for_load_state("load")
    hidden = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert hidden == 0, f"{page.url} is {hidden} px wider than the screen"
    assert findings(page) == [], page.url


def findings(page: Page, *, part: str = "html", **options) -> list[str]:
    """What axe finds wrong within an element, told in words; `options` are axe's own (`runOnly`: its rules).

    Only what is wrong is sent over: of what is right, a page has so much that it takes longer than looking.
    """
    page.evaluate(AXE_SCRIPT)
    look = "([part, options]) => axe.run(part, options).then(found => found.violations)"
    found = page.evaluate(look, [part, {"resultTypes": ["violations"], **options}])
    return [_told(finding) for finding in found]


def _told(finding: dict) -> str:
    return f"{finding['id']}: {finding['help']} – " + " | ".join(node["html"][:120] for node in finding["nodes"][:3])


def tab_to(page: Page, selector: str, *, at_most: int = 80) -> None:
    """Presses Tab until the element has the focus, as somebody without a mouse does."""
    for _press in range(at_most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by keyboard on {page.url}")
