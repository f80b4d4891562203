"""Adapter of XP Z12-013."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

from shop.papers.platforms.afnor.client import Client, quoted, with_file
from shop.papers.platforms.afnor.keys import PlatformKeys
from shop.papers.platforms.afnor.life_cycle import read_message
from shop.papers.platforms.port import Outgoing, Platform, Progress, Told
from shop.payments.configured.keyed import Connection
from shop.payments.port import Unreachable

# Of one answer.
MOST = 100
# Flows of one moment may stand on two pages.
OVERLAP = timedelta(seconds=1)
LIFE_CYCLE = ["CustomerInvoiceLC", "StateInvoiceLC", "StateCustomerInvoiceLC"]
_REASON = re.compile(r"[A-Za-z0-9_]{1,40}")
_REFERENCE_LENGTH = 120


class Afnor(Platform):
    name = "afnor"
    settings_form = PlatformKeys
    # Answers read in one round of news; the next one reads on.
    most_pages = 50

    def sends_voluntary(self) -> bool:
        return self.values().get("voluntary") == "yes"

    def check_connection(self) -> Connection:
        self._client().flows("/v1/healthcheck")
        return Connection("", PlatformKeys.is_test(self.values()))

    def send(self, outgoing: Outgoing) -> str:
        name = f"{outgoing.number.replace('/', '-')}.pdf"
        info = {
            "trackingId": outgoing.key,
            "name": name,
            "flowSyntax": "Factur-X",
            "processingRule": str(outgoing.rule),
            "sha256": hashlib.sha256(outgoing.content).hexdigest(),
        }
        body, kind = with_file(info, name, outgoing.content)
        return _reference(self._client().flows("/v1/flows", body, kind))

    def find(self, key: str) -> str | None:
        found = [flow for flow in self._search(self._client(), {"trackingId": key}) if flow.get("trackingId") == key]
        return _reference(found[0]) if found else None

    def fetch(self, reference: str) -> Told:
        flow = self._client().flows(f"/v1/flows/{quoted(reference)}?docType=Metadata")
        acknowledged = flow.get("acknowledgement") if isinstance(flow, dict) else None
        if not isinstance(acknowledged, dict):
            raise Unreachable("unreadable")
        status = str(acknowledged.get("status", "")).lower()
        progress, code = {"ok": (Progress.DEPOSITED, "200"), "error": (Progress.REFUSED, "213")}.get(status, (None, ""))
        return Told(_moment(flow), progress, code, _reasons(acknowledged), reference=reference)

    def news(self, since: datetime) -> Iterator[Told]:
        client = self._client()
        for flow in self._life_cycle(client, since):
            yield from read_message(client.file(_reference(flow)), at=_moment(flow))

    def _life_cycle(self, client: Client, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Yield each life-cycle flow since a moment once, page by page.

        A platform that knows no offset gives a page again: it is asked for what came after that page.
        """
        seen: set[str] = set()
        offset = 0
        for _page in range(self.most_pages):
            asked = {"updatedAfter": since.astimezone(UTC).isoformat(), "flowType": LIFE_CYCLE, "flowDirection": ["In"]}
            page = list(self._search(client, asked, offset=offset))
            new = [flow for flow in page if _reference(flow) not in seen]
            yield from sorted(new, key=_moment)
            seen |= {_reference(flow) for flow in new}
            if len(page) < MOST:
                return
            offset += MOST
            if not new:
                later = max(map(_moment, page)) - OVERLAP
                if later <= since:
                    return
                since, offset = later, 0

    def address_of(self, siren: str) -> str | None:
        asked = {"filters": {"siren": {"op": "strict", "value": siren}}, "limit": 1}
        told = self._client().directory("/v1/directory-line/search", asked)
        for line in _results(told):
            address = line.get("addressingIdentifier")
            if isinstance(address, str) and address.startswith(siren):
                return address[:_REFERENCE_LENGTH]
        return None

    def _client(self) -> Client:
        return Client(self.values())

    def _search(self, client: Client, where: Mapping[str, Any], *, offset: int = 0) -> Iterator[Mapping[str, Any]]:
        asked = json.dumps({"where": where, "limit": MOST, "offset": offset}).encode()
        return _results(client.flows("/v1/flows/search", asked))


def _results(told: Any) -> Iterator[Mapping[str, Any]]:
    results = told.get("results") if isinstance(told, dict) else None
    if not isinstance(results, list):
        raise Unreachable("unreadable")
    return (each for each in results if isinstance(each, dict))


def _reference(flow: Any) -> str:
    reference = flow.get("flowId") if isinstance(flow, dict) else None
    if not isinstance(reference, str) or not 0 < len(reference) <= _REFERENCE_LENGTH or not reference.isprintable():
        raise Unreachable("unreadable")
    return reference


def _moment(flow: Mapping[str, Any]) -> datetime:
    try:
        at = parse_datetime(str(flow.get("updatedAt") or flow.get("submittedAt")))
    except ValueError:
        at = None
    if at is None:
        raise Unreachable("unreadable")
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _reasons(acknowledged: Mapping[str, Any]) -> str:
    details = acknowledged.get("details")
    told = [str(each.get("reasonCode", "")) for each in details if isinstance(each, dict)] if details else []
    return " ".join(code for code in dict.fromkeys(told) if _REASON.fullmatch(code))[:120]


platform = Afnor()
