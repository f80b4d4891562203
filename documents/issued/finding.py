"""Ways from documents to their orders and back in the administration, registered by floors that know orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from common.registry import Registry

# Called with a word, or with a text typed whole in small letters; return keys of orders.
FindOrders = Callable[[str], QuerySet[Any]]
# Called with the key of an order; return a link to it.
LinkToOrder = Callable[[int], SafeString | str]

BY_WORD: Registry[FindOrders] = Registry("way to find documents by a word")
LINKS: Registry[LinkToOrder] = Registry("way from a document to its order")
BY_WHOLE_TEXT: Registry[FindOrders] = Registry("way to find documents by a text typed whole")
