"""Forms that say what they were made from, posted as the page that shows them would."""

import re
from typing import Any

from django.test import Client


def noted(client: Client, url: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return what is posted to a page, with the note that the page carries now."""
    [note, *_others] = re.findall(r'name="made_from" value="([^"]+)"', client.get(url).content.decode())
    return {**data, "made_from": note}
