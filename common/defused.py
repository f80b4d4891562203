"""Web and mail addresses in texts that people typed, written so that no mail program makes a link of them."""

from __future__ import annotations

import re
from typing import Any

# Full stops of other scripts, which browsers read as dots of a domain.
_DOT = re.compile(r"[.\u3002\uff0e\uff61](?=[^\W\d_]{2})")


def defused(text: str) -> str:
    """Return a typed text with a blank inside each address: `http: //evil. example`, `jd @ example. org`.

    A name such as *S.A.R.L.* or a moment in ISO 8601 stays as it is. Defusing twice changes nothing.
    """
    text = re.sub(r":(?=//|\\\\)", ": ", text)
    text = re.sub(r"(?<=\S)@(?=\S)", " @ ", text)
    return _DOT.sub(lambda dot: f"{dot[0]} ", text)


def defused_values(value: Any) -> Any:
    """Return a JSON value with every text in it defused; keys stay."""
    if isinstance(value, str):
        return defused(value)
    if isinstance(value, dict):
        return {key: defused_values(each) for key, each in value.items()}
    return [defused_values(each) for each in value] if isinstance(value, list | tuple) else value


def holds_web_address(text: str) -> bool:
    """Tell whether a typed name holds an address of the web in full: with its scheme, or `www.`."""
    return re.search(r"://|\bwww[.\u3002\uff0e\uff61]", text, re.IGNORECASE) is not None
