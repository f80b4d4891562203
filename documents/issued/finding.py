"""Ways to find documents in the administration besides their number, registered by floors that know orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from common.registry import Registry

# Called with a word, or with a text typed whole in small letters; return keys of orders.
FindOrders = Callable[[str], QuerySet[Any]]

BY_WORD: Registry[FindOrders] = Registry("way to find documents by a word")
BY_WHOLE_TEXT: Registry[FindOrders] = Registry("way to find documents by a text typed whole")
