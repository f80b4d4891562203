"""How long rows are kept, in days: the one table of it. Each line is overridden by KEEP_<NAME>_DAYS.

A line belongs to the function of that name in a room's `tidying.py` (see `common/tidying.py`). Zero: rows go as soon as
they are of no use. The rest is kept for good; docs/deploy.md says why.
"""

from common.numbers import whole_number
from project.settings.environment import refuse, written

# Name: days, fewest days allowed.
KEPT = {
    # After the end of a session, of an entry of the cache.
    "sessions": (0, 0),
    "cache": (0, 0),
    # No limit looks back further than a day.
    "attempts": (2, 2),
    "acts_alone": (2, 2),
    # After the last change. A visitor's session lasts two weeks.
    "visitor_carts": (30, 14),
    "carts": (365, 30),
    "phone_orders": (365, 30),
    # After their end or withdrawal, with their codes and who used them; the history of the seats stays.
    "join_links": (365, 30),
    # After the end; jobs that gave up stay.
    "jobs": (90, 7),
    # Text and subject of mails that are not waiting; later the whole row. What a mail told decides what is told again.
    "mail_texts": (365, 30),
    "mails": (1095, 365),
    # After the last day of a link of a mail.
    "links": (1095, 90),
    # What a payment provider sent with an event; the event stays.
    "payment_payloads": (365, 30),
    # The database refuses to delete younger rows of the security log.
    "security_log": (365, 90),
    "admin_log": (1095, 90),
    # Since a fault of a handler was last seen.
    "faults": (90, 1),
    # After they were made. Their result stays with the desk so long.
    "lists": (365, 30),
    # After they were begun; what became of each seat stays in its history.
    "runs": (365, 30),
    # After the date that was reminded of.
    "reminders": (90, 1),
    # After their answer.
    "requests": (365, 30),
    # After they were taken, left or lapsed.
    "waiting_places": (365, 30),
    # Rows without answers of orders that ended unpaid.
    "blank_units": (0, 0),
    # Names and addresses that a paid order copied, after its payment: ten years by law, with leap days.
    "billing": (3653, 3653),
    # What they say, after the end of the year of their issue; their numbers stay. The database empties no younger ones.
    "documents": (3653, 3653),
    # Names and accounts on bank statements, after the end of the year of the line.
    "statements": (3653, 3653),
    # Files of bank statements that were sent and not imported.
    "statement_files": (7, 1),
    # Files of exports of the books, after they were made; who made which stays.
    "book_exports": (90, 7),
    # Bank accounts to which money went back, after it arrived or failed.
    "payee_accounts": (90, 30),
    # The same of an order that ended unpaid, after the last day on which its money was awaited.
    "unpaid_orders": (365, 30),
    # Answers that name an erased person, once nothing delivers from them any more.
    "erased_units": (0, 0),
}
MOST_DAYS = 36_500


def days_of(name: str) -> int:
    """Return the days of a line, from the environment or the table. Raises ImproperlyConfigured."""
    days, at_least = KEPT[name]
    variable = f"KEEP_{name.upper()}_DAYS"
    if not written(variable):
        return days
    number = whole_number(written(variable))
    if number is None or not at_least <= number <= MOST_DAYS:
        refuse(f"{variable} is a whole number of days from {at_least} to {MOST_DAYS}, not {written(variable)!r}")
    return number


RETENTION = {name: days_of(name) for name in KEPT}
