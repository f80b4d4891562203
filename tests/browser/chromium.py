"""Finding and starting the machine's Chromium."""

import os
import shutil

# The first is the same browser without a desktop's services: pages take two thirds of the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
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
    # A page of a test lives for a second: optimising its scripts takes longer than it saves.
    "--js-flags=--no-opt --no-maglev --single-threaded",
    # Tests stay on this machine: no other name or address can be resolved.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
LACKING = "no Chromium on the PATH (on Debian: apt-get install chromium-headless-shell)."
LEFT_OUT = f"The browser tests were left out: {LACKING}"
REQUIRED = f"BROWSER=required, but there is {LACKING}"


def find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def is_required() -> bool:
    return os.environ.get("BROWSER") == "required"
