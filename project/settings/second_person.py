"""When an act waits for a second person: off unless the environment says otherwise.

No page changes these: whoever may confirm money could else switch off what watches them.
"""

from decimal import Decimal, InvalidOperation

from project.settings.environment import env, refuse, written


def amount(name: str) -> Decimal | None:
    """Read an amount in the shop's currency; None where it is not set. Raises ImproperlyConfigured for anything
    else."""
    typed = written(name)
    if not typed:
        return None
    try:
        read = Decimal(typed)
    except InvalidOperation:
        read = Decimal(-1)
    if not read.is_finite() or read < 0:
        refuse(f"{name} is an amount like 500 or 99.90, not “{typed}”")
    return read


SECOND_PERSON_CONFIRM_ABOVE = amount("SECOND_PERSON_CONFIRM_ABOVE")
SECOND_PERSON_GIVE_BACK_ABOVE = amount("SECOND_PERSON_GIVE_BACK_ABOVE")
SECOND_PERSON_RIGHTS = env.bool("SECOND_PERSON_RIGHTS", default=False)
SECOND_PERSON_ERASURE = env.bool("SECOND_PERSON_ERASURE", default=False)
