"""Browser and system of a request, in the few words by which people know their own devices."""

from __future__ import annotations

import re
from dataclasses import dataclass

# The first that is found counts: browsers name those they descend from, too.
BROWSERS = (
    ("Edge", r"\bEdg(?:e|A|iOS)?/"),
    ("Opera", r"\bOPR/|\bOpera\b"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\bFirefox/|\bFxiOS/"),
    ("Chrome", r"\bChrome/|\bCriOS/|\bChromium/"),
    ("Safari", r"\bSafari/"),
)
SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("Mac", r"\bMacintosh\b|\bMac OS X\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Linux", r"\bLinux\b"),
)
READ_AT_MOST = 512


@dataclass(frozen=True)
class Device:
    """Names that need no translation; "" for what is not known."""

    browser: str = ""
    system: str = ""


def device_of(user_agent: str) -> Device:
    """Return the browser and the system named in a User-Agent header, without any version."""
    read = user_agent[:READ_AT_MOST]
    return Device(browser=_first(BROWSERS, read), system=_first(SYSTEMS, read))


def _first(known: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for name, pattern in known if re.search(pattern, text)), "")
