"""Steps of the customers' banks: late answers, disputes and what comes of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.trials.any_money.frame import Frame, one_of, some


class Banks(Frame):
    """Steps of banks behind Stripe."""

    @precondition(lambda self: self.sessions("processing"))
    @rule(n=some, success=st.booleans())
    def bank_answers(self, n: int, success: bool) -> None:
        """Let a bank answer that needed days."""
        with self.step("a bank answers late"):
            self.at_stripe.answer_late(one_of(self.sessions("processing"), n)["id"], success=success)

    @precondition(lambda self: self.sessions("succeeded"))
    @rule(n=some, says=st.sampled_from(["needs_response", "lost", "won"]), is_part=st.booleans())
    def dispute(self, n: int, says: str, is_part: bool) -> None:
        """Let a bank ask the money of a payment back, or a part, or decide about it. A dispute that is won stays so."""
        session = one_of(self.sessions("succeeded"), n)
        known = [each for each in self.at_stripe.of("dp") if each["payment_intent"] == session["payment_intent"]]
        before, asked = (known[0]["status"], known[0]["amount"]) if known else ("", None)
        with self.step(f"a dispute: {says}"):
            if before != "won" and (before, says) != ("lost", "needs_response"):
                told = self.at_stripe.dispute(session["id"], status=says)
                told["amount"] = asked or (1_500 if is_part else told["amount"])
                self.reach(f"a dispute {before or 'new'} became {says}")

    def sessions(self, state: str) -> list[dict[str, Any]]:
        """Return the sessions whose payment stands in a state."""
        paid = [each for each in self.at_stripe.of("cs") if each["payment_intent"]]
        return [each for each in paid if self.at_stripe.get(each["payment_intent"])["status"] == state]
