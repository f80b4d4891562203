"""Libraries of providers, which cost time and memory: imported at the first call, not at the start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[4]
IMPORT_ALL = """
import sys
from importlib import import_module
import django
django.setup()
from shop.payments.registry import installed
names = [import_module(f"shop.payments.providers.{name}").provider.name for name in installed()]
print("mollie" in names, *[library for library in ("gocardless_pro", "mollie.api", "stripe") if library in sys.modules])
"""


def test_no_library_of_a_provider_is_imported_before_its_first_call():
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "project.settings.test"}
    start = [sys.executable, "-c", IMPORT_ALL]
    done = subprocess.run(start, env=environment, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"]
