"""Finding and starting the machine's Chromium."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LEFT_OUT = "The browser tests were left out: no Chromium on the PATH (on Debian: apt-get install chromium)."
REQUIRED = "BROWSER=required, but there is no Chromium on the PATH (on Debian: apt-get install chromium)."


def find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def is_required() -> bool:
    return os.environ.get("BROWSER") == "required"
