"""Providers that send refunds by three functions of a module of their own."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Protocol

from shop.payments.port import Provider, RefundAnswer


class RefundFunctions(Protocol):
    """Module with the functions of a provider that call its service about refunds, as `Provider` describes them."""

    def refund(self, *, reference: str, amount: Decimal, currency: str, key: str) -> RefundAnswer: ...

    def fetch_refund(self, reference: str) -> RefundAnswer: ...

    def find_refund(self, *, reference: str, key: str) -> RefundAnswer | None: ...


class RefundingProvider(Provider):
    """Payment method that sends money back, in part too, by the functions of `refund_functions`."""

    refunds = True
    partial_refunds = True
    refund_functions: ClassVar[RefundFunctions]

    def refund(self, *, reference: str, amount: Decimal, currency: str, key: str) -> RefundAnswer:
        return self.refund_functions.refund(reference=reference, amount=amount, currency=currency, key=key)

    def fetch_refund(self, reference: str) -> RefundAnswer:
        return self.refund_functions.fetch_refund(reference)

    def find_refund(self, *, reference: str, key: str) -> RefundAnswer | None:
        return self.refund_functions.find_refund(reference=reference, key=key)
