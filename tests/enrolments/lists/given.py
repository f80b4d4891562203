"""Given lists of people for tests."""

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.lists.drafts import make_list
from enrolments.lists.models import PeopleList
from enrolments.lists.reading import PersonRow
from enrolments.lists.running import start_list
from outbox.jobs.running import run_due_jobs
from tests.enrolments.given import ENTRY, NOW


def people(*emails: str, course: str = "", role: str = "") -> list[PersonRow]:
    """Return rows of a list from line 2 on, as beneath headings."""
    return [
        PersonRow(line=line, email=email, first_name="Camille", last_name="Durand", course=course, role=role)
        for line, email in enumerate(emails, 2)
    ]


def many(count: int) -> list[PersonRow]:
    return people(*(f"p{number}@example.org" for number in range(count)))


def given_list(
    account: CustomerAccount,
    operator: User,
    rows: list[PersonRow],
    course: Course | None = None,
    *,
    group=None,
    now=NOW,
) -> PeopleList:
    """Return a draft on the account's packs, or on a session."""
    return make_list(
        account=account,
        operator=operator,
        rows=rows,
        entry_code="" if group else ENTRY.code,
        group=group,
        course=course,
        language="en",
        now=now,
    )


def begin(draft: PeopleList, mode: str = "all", *, now=NOW) -> PeopleList:
    return start_list(people_list=draft, version=draft.version, mode=mode, now=now)


def place(draft: PeopleList, mode: str = "all", *, now=NOW) -> PeopleList:
    """Place a list to its end, with the job's own clock."""
    begin(draft, mode, now=now)
    run_due_jobs()
    draft.refresh_from_db()
    return draft


def verdicts(people_list: PeopleList) -> list[str]:
    return list(people_list.rows.order_by("line").values_list("verdict", flat=True))


def steps(people_list: PeopleList) -> list[str]:
    return list(people_list.rows.order_by("line").values_list("step", flat=True))
