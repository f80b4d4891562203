"""List of courses a seat may be used for, as merchants write it: `SEC-*, BUR-EXCEL, man_*`.

Comma-separated, blanks ignored; `*` and `%` stand for any run of characters, `_` for itself; case does not matter. The
empty list stands for every course. Only Postgres compares names, so that case has one meaning everywhere.
"""

import unicodedata


def parse_patterns(course_list: str) -> tuple[str, ...]:
    """Return the patterns of a list, in its order, without blanks around them and without empty items."""
    normal = unicodedata.normalize("NFC", course_list)
    return tuple(dict.fromkeys(pattern.strip() for pattern in normal.split(",") if pattern.strip()))


def like_expression(pattern: str) -> str:
    """Return a pattern as the right side of SQL's LIKE, whose escape character is the backslash."""
    escaped = pattern.replace("\\", "\\\\").replace("_", "\\_")
    return escaped.replace("*", "%")


def has_wildcard(pattern: str) -> bool:
    return "*" in pattern or "%" in pattern
