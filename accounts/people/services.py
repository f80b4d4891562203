"""People named by others: found by their address, made where the address is new, and invited to prove it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.links.models import AddressLink
from accounts.links.services import NewLink, create_links
from accounts.members.models import CustomerAccount
from accounts.people.changes import PersonChange, tell_changed
from accounts.people.models import MAX_NAME_LENGTH, User
from accounts.people.selectors import ids_with_proved_address
from common.emails import normalise_email
from common.typed import clean_line
from outbox.mails.models import Mail
from outbox.mails.services import NewMail, queue_mails


@dataclass(frozen=True, kw_only=True)
class PersonTyped:
    """A person with the name and address that a customer typed; the name is cleaned, of `MAX_NAME_LENGTH` at most.

    `language` is theirs if they are new, "" where the customer named none.
    """

    email: str
    first_name: str = ""
    last_name: str = ""
    language: str = ""

    def __post_init__(self) -> None:
        for part in ("first_name", "last_name"):
            object.__setattr__(self, part, clean_line(getattr(self, part))[:MAX_NAME_LENGTH].strip())


def typed_by_themself(*, email: str, name: str) -> PersonTyped:
    """Return a person who typed their whole name into one field: of several words, the first is the first name.

    An address typed for a name is none.
    """
    first, _blank, last = " ".join(name.split() if "@" not in name else ()).partition(" ")
    return PersonTyped(email=email, first_name=first[:150] if last else "", last_name=(last or first)[:150])


@dataclass(frozen=True, kw_only=True)
class PersonFound:
    """The user behind a typed address. `created` is True in the transaction that made the user."""

    user: User
    created: bool


# Held to the end of the transaction: meanwhile no person who is about to be placed gets another address.
# A person whose address changed while the statement waited is not found, and nobody has the address any more.
KNOWN_PEOPLE = "SELECT * FROM accounts_user WHERE email = ANY(%s) ORDER BY id FOR KEY SHARE"
PEOPLE_BY_KEY = "SELECT * FROM accounts_user WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"

# Texts of an invitation about each course in one language, as `name`, `period` and `place`, with its key as `id` and
# its last day as `until`. For a person who was moved there, `note` says so, and `lost` holds the course left, with
# `id` and `name`.
CoursesInWords = Callable[[User, str], Sequence[Mapping[str, Any]]]

# Told of a course that a person has no longer, in place of its last day.
LOST = "lost"

INSERT_MISSING_USERS = """
INSERT INTO accounts_user
    (email, first_name, last_name, language, password, is_superuser, created_by_account_id, date_joined)
SELECT email, first_name, last_name, language, password, false, %(account)s, %(now)s
FROM unnest(
         %(emails)s::text[], %(first_names)s::text[], %(last_names)s::text[], %(languages)s::text[],
         %(passwords)s::text[]
     ) WITH ORDINALITY AS named (email, first_name, last_name, language, password, position)
ORDER BY position
ON CONFLICT DO NOTHING
RETURNING *
"""


def find_or_create_people(
    *, people: Sequence[PersonTyped], account: CustomerAccount | None, language: str, now: datetime
) -> dict[str, PersonFound]:
    """Return the user behind each typed address, by normalised address; unknown users are made.

    The e-mail is the identity: a known user's name, language and password stay as they are. A new user has the language
    typed for them, else `language`, no password and an unproved address, and remembers `account` as the first that
    named this address (None: no account did). An address given twice counts once, with the names typed first.

    Three statements for any number of people, plus those of the followers of changes; one more where a rival
    transaction inserts a person first. Locks existing users FOR KEY SHARE, which keeps out only changes of their
    address. Rows are inserted in the order of their address, so that two transactions naming the same people wait for
    each other instead of deadlocking: name all people of a transaction in one call. Raises ValidationError for
    something that is no address.
    """
    typed: dict[str, PersonTyped] = {}
    for person in people:
        typed.setdefault(normalise_email(person.email), person)
    if not typed:
        return {}
    with transaction.atomic(savepoint=False):
        known = {user.email: user for user in User.objects.raw(KNOWN_PEOPLE, [list(typed)])}
        created = _insert_users(sorted(typed.keys() - known.keys()), typed, account, language, now)
        rivals = typed.keys() - known.keys() - created.keys()
        if rivals:
            known |= {user.email: user for user in User.objects.filter(email__in=rivals)}
        EmailAddress.objects.bulk_create(
            [EmailAddress(user=user, email=user.email, primary=True) for user in created.values()]
        )
        tell_changed(PersonChange.MADE, [user.pk for user in created.values()])
    users = known | created
    return {email: PersonFound(user=users[email], created=email in created) for email in typed}


def keep_people(user_ids: Collection[int]) -> dict[int, User]:
    """Return people by key as they are now, and keep their addresses until the transaction ends.

    Locks them FOR KEY SHARE, by key. One statement.
    """
    return {user.pk: user for user in User.objects.raw(PEOPLE_BY_KEY, [list(user_ids)])}


def name_nameless(*, user: User, name: str) -> None:
    """Give a user without a name the one that they typed themself.

    One statement, whose condition decides, and those of the followers of changes; nothing for a user with a name.
    """
    typed = typed_by_themself(email=user.email, name=name)
    if not typed.last_name or user.first_name or user.last_name:
        return
    named = {"first_name": typed.first_name, "last_name": typed.last_name}
    with transaction.atomic(savepoint=False):
        if User.objects.filter(pk=user.pk, first_name="", last_name="").update(**named):
            user.first_name, user.last_name = named["first_name"], named["last_name"]
            tell_changed(PersonChange.RENAMED, [user.pk], actor_id=user.pk)


def _insert_users(
    emails: list[str],
    typed: dict[str, PersonTyped],
    account: CustomerAccount | None,
    language: str,
    now: datetime,
) -> dict[str, User]:
    """Insert in one statement; return, by address, the users that no rival had inserted first."""
    if not emails:
        return {}
    inserted = User.objects.raw(
        INSERT_MISSING_USERS,
        {
            "account": account.pk if account else None,
            "now": now,
            "emails": emails,
            "first_names": [typed[email].first_name for email in emails],
            "last_names": [typed[email].last_name for email in emails],
            "languages": [typed[email].language or language for email in emails],
            "passwords": [make_password(None) for _ in emails],
        },
    )
    return {user.email: user for user in inserted}


def invite_people(
    *,
    users: Sequence[User],
    account: CustomerAccount | None,
    reason_key: str,
    language: str,
    now: datetime,
    is_enrolled: bool = True,
    courses: CoursesInWords | None = None,
    due_at: Callable[[User], datetime | None] | None = None,
) -> int:
    """Mail an invitation link to the users whose address is not proved yet; return the number of mails.

    `reason_key` names the occasion: asking twice for the same one mails nobody twice. The mail speaks of a training
    course unless `is_enrolled` is unset, and names the courses that `courses` gives in the mail's language. Users with
    a proved address get no mail here; the caller informs them. The mail is in the person's language, else in
    `language`; it leaves at once, or when `due_at` says. Five statements for any number of people; locks nothing.
    """
    with transaction.atomic(savepoint=False):
        proved = ids_with_proved_address(users)
        waiting = {f"invitation:{reason_key}:{user.pk}": user for user in users if user.is_active}
        waiting = {key: user for key, user in waiting.items() if user.pk not in proved}
        if not waiting:
            return 0
        for key in Mail.objects.filter(key__in=waiting).values_list("key", flat=True):
            del waiting[key]
        links = create_links(
            links=[
                NewLink(
                    purpose=AddressLink.Purpose.INVITATION,
                    email=user.email,
                    user=user,
                    account=account,
                    language=user.language or language,
                )
                for user in waiting.values()
            ],
            now=now,
        )
        mails = queue_mails(
            [
                NewMail(
                    kind="invitation",
                    key=key,
                    recipient=link.email,
                    language=link.language,
                    context=_context(
                        link,
                        account_name=account.name if account else "",
                        is_enrolled=is_enrolled,
                        courses=courses(user, link.language) if courses else [],
                    ),
                    account_id=account.pk if account else None,
                    person_id=user.pk,
                    expires_at=link.expires_at,
                    due_at=due_at(user) if due_at else None,
                )
                for (key, user), link in zip(waiting.items(), links, strict=True)
            ]
        )
        return len(mails)


def _context(
    link: AddressLink, *, account_name: str, is_enrolled: bool, courses: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    context = {"link_id": link.pk, "account_name": account_name, "is_enrolled": is_enrolled, "courses": courses}
    if courses:
        lost = [left for course in courses for left in course.get("lost", ())]
        if lost:
            context["lost"] = lost
        context["told"] = {str(left["id"]): LOST for left in lost} | {
            str(course["id"]): course["until"] for course in courses
        }
    return context
