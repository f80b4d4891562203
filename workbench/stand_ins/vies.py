"""Stand-in for VIES: its REST question about a VAT number. The last letters of a number choose the answer.

It answers that a number is valid, unless told otherwise by `answers`, or by the number: one that ends in 00 is unknown.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from workbench.stand_ins.serving import Answering, serving

PATH = "/check-vat-number"
UNKNOWN = "00"


@dataclass
class Vies:
    """State of the stand-in. `answers` has for a number (with its country) `valid`, `invalid` or the code of an error,
    such as `MS_UNAVAILABLE`; `slow` is how many seconds it takes; `status` that of errors, which come with 200 or 500;
    `knows_requesters` is whether it takes the number of the asking shop for a good one."""

    answers: dict[str, str] = field(default_factory=dict)
    slow: float = 0
    status: int = 200
    is_broken: bool = False
    knows_requesters: bool = True
    asked: list[dict[str, str]] = field(default_factory=list)

    def answer(self, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(asked)
        number = asked["countryCode"] + asked["vatNumber"]
        told = self.answers.get(number) or ("invalid" if number.endswith(UNKNOWN) else "valid")
        if asked.get("requesterNumber") and not self.knows_requesters:
            told = "INVALID_REQUESTER_INFO"
        if told not in ("valid", "invalid"):
            return self.status, {"actionSucceed": False, "errorWrappers": [{"error": told}]}
        is_named = told == "valid" and bool(asked.get("requesterNumber"))
        return 200, {
            "countryCode": asked["countryCode"],
            "vatNumber": asked["vatNumber"],
            "requestDate": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "valid": told == "valid",
            "requestIdentifier": f"WAPIAAAAstand{len(self.asked):03}" if is_named else "",
            "name": "Stand-in GmbH" if told == "valid" else "---",
            "address": "---",
            "traderName": "---",
        }


class _Handler(Answering):
    vies: Vies
    service_name = "VIES"

    def do_POST(self) -> None:
        asked = json.loads(self.body())
        time.sleep(self.vies.slow)
        if self.vies.is_broken:
            return self.answer(502, "text/html", b"<h1>Bad gateway</h1>")
        if self.path != PATH:
            return self.json(404, {})
        return self.json(*self.vies.answer(asked))


def settings(base: str) -> dict[str, str]:
    """Return the shop's settings for the stand-in at an address."""
    return {"VIES_URL": base}


@contextmanager
def running(vies: Vies) -> Iterator[str]:
    """Run the stand-in within the block; give its address."""
    with serving(type("Handler", (_Handler,), {"vies": vies})) as address:
        yield address
