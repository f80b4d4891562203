"""Parts that the floors above add to the page of a customer account in the administration."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from accounts.members.models import CustomerAccount
from common.registry import Registry

# Returns HTML; "" where there is nothing for this reader.
AdminPart = Callable[[HttpRequest, CustomerAccount], str]

ADMIN_PARTS: Registry[AdminPart] = Registry("part of the page of an account")
