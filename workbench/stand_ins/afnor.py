"""Stand-in for an approved platform: the part of XP Z12-013 that the shop calls.

It keeps everything in memory. `dies` takes a document and answers with an error, as a platform may; `tell` lets a
buyer's platform say something of an invoice. `knows_offsets` unset gives every page from its beginning.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from workbench.stand_ins.serving import Answering, serving

CLIENT_ID, CLIENT_SECRET, TOKEN = "standin", "standin-secret", "standin-token"
_CDAR = (
    '<rsm:CrossDomainAcknowledgementAndResponse xmlns:rsm="urn:un:unece:uncefact:data:standard:'
    'CrossDomainAcknowledgementAndResponse:100" xmlns:ram="urn:un:unece:uncefact:data:standard:'
    'ReusableAggregateBusinessInformationEntity:100"><rsm:AcknowledgementDocument><ram:ReferenceReferencedDocument>'
    "<ram:IssuerAssignedID>{number}</ram:IssuerAssignedID><ram:ProcessConditionCode>{code}</ram:ProcessConditionCode>"
    "<ram:SpecifiedDocumentStatus><ram:ReasonCode>{reason}</ram:ReasonCode></ram:SpecifiedDocumentStatus>"
    "</ram:ReferenceReferencedDocument></rsm:AcknowledgementDocument></rsm:CrossDomainAcknowledgementAndResponse>"
)


@dataclass
class Afnor:
    """State of the stand-in, and its behaviour. `status` is the acknowledgement that it gives documents."""

    dies: bool = False
    knows_offsets: bool = True
    directory_is_away: bool = False
    directory_refuses: bool = False
    looked_up: list[str] = field(default_factory=list)
    refuses: bool = False
    status: str = "Ok"
    flows: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    directory: dict[str, str] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.RLock)

    def take(self, info: dict[str, Any], content: bytes) -> dict[str, Any]:
        """Take a document; no identifier of the client is checked for being the only one, as the standard says."""
        return self._new({**info, "flowType": "CustomerInvoice", "flowDirection": "Out"}, content)

    def tell(self, number: str, code: str, reason: str = "") -> None:
        """Let a buyer's platform say something of an invoice."""
        written = _CDAR.format(number=number, code=code, reason=reason)
        self._new({"flowType": "CustomerInvoiceLC", "flowDirection": "In", "flowSyntax": "CDAR"}, written.encode())

    def sent(self) -> list[dict[str, Any]]:
        """Return the documents taken."""
        return [flow for flow in self.flows.values() if flow["flowDirection"] == "Out"]

    def page(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """Return a page of a search, the oldest first."""
        start = asked.get("offset", 0) if self.knows_offsets else 0
        return self.search(asked["where"])[start : start + asked["limit"]]

    def look_up(self, siren: str) -> str | None:
        """Return the address of a company in the directory."""
        self.looked_up.append(siren)
        return self.directory.get(siren)

    def search(self, where: dict[str, Any]) -> list[dict[str, Any]]:
        since, key, types = where.get("updatedAfter"), where.get("trackingId"), where.get("flowType")
        return [
            flow
            for flow in self.flows.values()
            if (key is None or flow.get("trackingId") == key)
            and (types is None or flow["flowType"] in types)
            and (since is None or datetime.fromisoformat(flow["updatedAt"]) > datetime.fromisoformat(since))
        ]

    def _new(self, values: dict[str, Any], content: bytes) -> dict[str, Any]:
        with self.lock:
            identity = f"flow-{len(self.flows) + 1}"
            now = datetime.now(UTC).isoformat()
            self.flows[identity] = {
                **values, "flowId": identity, "submittedAt": now, "updatedAt": now,
                "acknowledgement": {"status": self.status, "details": [{"reasonCode": "REJ_SEMAN"}]},
            }  # fmt: skip
            self.files[identity] = content
            return self.flows[identity]


@contextmanager
def running(platform: Afnor) -> Iterator[str]:
    """Serve the platform within the block; give its address, of tokens (`/token`), flows and directory."""

    class Handler(Answering):
        service_name = "Approved platform"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlsplit(self.path).path
            if path == "/token":
                asked = parse_qs(body.decode())
                known = asked.get("client_id") == [CLIENT_ID] and asked.get("client_secret") == [CLIENT_SECRET]
                return self.json(200, {"access_token": TOKEN, "expires_in": 60}) if known else self.json(401, {})
            if not self._is_known():
                return self.json(401, {})
            if path == "/v1/flows":
                return self._take(body)
            asked = json.loads(body)
            if path == "/v1/flows/search":
                return self.json(200, {"limit": asked["limit"], "results": platform.page(asked)})
            if path == "/v1/directory-line/search":
                if platform.directory_is_away or platform.directory_refuses:
                    return self.json(503 if platform.directory_is_away else 403, {})
                address = platform.look_up(asked["filters"]["siren"]["value"])
                return self.json(200, {"results": [{"addressingIdentifier": address}] if address else []})
            return self.json(404, {})

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if not self._is_known():
                return self.json(401, {})
            if parts.path == "/v1/healthcheck":
                return self.json(200, {})
            identity = parts.path.removeprefix("/v1/flows/")
            if identity not in platform.flows:
                return self.json(404, {})
            if parse_qs(parts.query).get("docType") == ["Original"]:
                return self.answer(200, "application/octet-stream", platform.files[identity])
            return self.json(200, platform.flows[identity])

        def _is_known(self) -> bool:
            return self.headers.get("Authorization") == f"Bearer {TOKEN}"

        def _take(self, body: bytes) -> None:
            if platform.refuses:
                return self.json(422, {"errorCode": "INVALID"})
            boundary = re.search("boundary=([0-9a-f]+)", self.headers["Content-Type"])
            assert boundary is not None
            _before, info, file, _after = body.split(f"--{boundary[1]}".encode())
            _head, _blank, content = file.partition(b"\r\n\r\n")
            flow = platform.take(json.loads(info.partition(b"\r\n\r\n")[2]), content.removesuffix(b"\r\n"))
            return self.json(500, {}) if platform.dies else self.json(202, flow)

    with serving(Handler) as address:
        yield address
