"""When an act waits for a second person: off unless the environment says otherwise.

No page changes these: whoever may confirm money could else switch off what watches them.
"""

from decimal import Decimal, InvalidOperation

from django.core.exceptions import ImproperlyConfigured

from project.settings.environment import env


def amount(name: str) -> Decimal | None:
    """Read an amount in the shop's currency; None where it is not set. Raises ImproperlyConfigured for anything
    else."""
    written = env.str(name, default="").strip()
    if not written:
        return None
    try:
        read = Decimal(written)
    except InvalidOperation:
        read = Decimal(-1)
    if not read.is_finite() or read < 0:
        raise ImproperlyConfigured(f"Amphi does not start: {name} is an amount like 500 or 99.90, not “{written}”.")
    return read


SECOND_PERSON_CONFIRM_ABOVE = amount("SECOND_PERSON_CONFIRM_ABOVE")
SECOND_PERSON_GIVE_BACK_ABOVE = amount("SECOND_PERSON_GIVE_BACK_ABOVE")
SECOND_PERSON_RIGHTS = env.bool("SECOND_PERSON_RIGHTS", default=False)
