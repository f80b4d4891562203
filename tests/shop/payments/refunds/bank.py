"""Provider that keeps refunds as a real one does, and says what it is told to."""

from __future__ import annotations

from decimal import Decimal

from shop.payments.port import CallRefused, Provider, RefundAnswer, RefundState, Unreachable


class Bank(Provider):
    """One refund for each key. `state` is that of new ones; `fails` what the next call raises after it was carried
    out."""

    name = "bank"
    label = "Bank"
    is_immediate = True
    refunds = True
    partial_refunds = True

    def __init__(self) -> None:
        self.made: dict[str, RefundAnswer] = {}
        self.sums: dict[str, Decimal] = {}
        self.state = RefundState.SUCCEEDED
        self.fails: Exception | None = None
        self.forgets_keys = False
        self.calls: list[str] = []

    def refund(self, *, reference: str, amount: Decimal, currency: str, key: str) -> RefundAnswer:
        self.calls.append("refund")
        if key not in self.made or self.forgets_keys:
            if self.state is RefundState.FAILED:
                raise CallRefused("account_closed")
            self.made[key] = RefundAnswer(self.state, f"re_{len(self.made) + 1}")
            self.sums[reference] = self.sums.get(reference, Decimal(0)) + amount
        if self.fails is not None:
            failure, self.fails = self.fails, None
            raise failure
        return self.made[key]

    def fetch_refund(self, reference: str) -> RefundAnswer:
        self.calls.append("fetch")
        return RefundAnswer(self.state, reference)

    def find_refund(self, *, reference: str, key: str) -> RefundAnswer | None:
        self.calls.append("find")
        return self.made.get(key)


SILENT = Unreachable("timeout")
