"""VIES, the register of VAT numbers of the Union: one question and its answer, by its REST service."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from django.conf import settings

from common.outside_json import read_json

SECONDS = 20
_MOST_BYTES = 200_000
CONSULTATION_LENGTH = 40
# Errors that say something of the number, or of ours; any other is a trouble of the service or of a member state.
NOT_A_NUMBER, NOT_OUR_NUMBER = "INVALID_INPUT", "INVALID_REQUESTER_INFO"


@dataclass(frozen=True)
class Answer:
    """Answer of VIES. The consultation number is given to those who name themselves, "" to others."""

    is_valid: bool
    consultation_number: str = ""


class Unavailable(Exception):
    """A member state that does not answer now, or VIES that is busy; the code tells which."""


class Away(Exception):
    """VIES itself does not answer."""


def is_on() -> bool:
    return bool(settings.VIES_URL)


def ask(number: str, *, requester: str) -> Answer:
    """Return the answer for a VAT number with the letters of its country. `requester` is the seller's own number, ""
    for none. Raises Unavailable and Away."""
    asked = {"countryCode": number[:2], "vatNumber": number[2:]}
    named = {"requesterMemberStateCode": requester[:2], "requesterNumber": requester[2:]} if requester else {}
    told = _post({**asked, **named})
    errors = _errors(told)
    if named and NOT_OUR_NUMBER in errors:
        told = _post(asked)
        errors = _errors(told)
    if NOT_A_NUMBER in errors:
        return Answer(is_valid=False)
    if errors:
        raise Unavailable(errors[0])
    if not isinstance(told.get("valid"), bool):
        raise Away("unreadable")
    number_of_answer = str(told.get("requestIdentifier") or "")[:CONSULTATION_LENGTH]
    return Answer(is_valid=told["valid"], consultation_number=number_of_answer)


def _post(asked: Mapping[str, str]) -> Mapping[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - an address of the settings
        f"{settings.VIES_URL.rstrip('/')}/check-vat-number",
        json.dumps(asked).encode(),
        {"Content-Type": "application/json", "Accept": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            told = read_json(answer.read(_MOST_BYTES))
    except urllib.error.HTTPError as error:
        # Errors of member states come with a status of 400 or 500, too.
        told = _read_error(error)
    except (OSError, HTTPException) as error:
        raise Away(type(error).__name__) from error
    except ValueError as error:
        raise Away("unreadable") from error
    if not isinstance(told, dict):
        raise Away("unreadable")
    return told


def _read_error(error: urllib.error.HTTPError) -> Any:
    try:
        told = read_json(error.read(_MOST_BYTES))
    except (OSError, HTTPException, ValueError):
        told = None
    if not isinstance(told, dict) or not _errors(told):
        raise Away(f"http_{error.code}") from error
    return told


def _errors(told: Mapping[str, Any]) -> list[str]:
    if told.get("actionSucceed") is not False:
        return []
    wrappers = told.get("errorWrappers")
    found = [each.get("error") for each in wrappers if isinstance(each, dict)] if isinstance(wrappers, list) else []
    return [str(code)[:40] for code in found if code] or ["UNKNOWN"]
