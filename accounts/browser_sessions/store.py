"""The session store: SESSION_ENGINE. One read a request, one write where something changed.

Like Django's own: the last write of two requests wins, and a request whose session was ended meanwhile brings nothing
of it back (UpdateError).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.encoding import force_str

from accounts.browser_sessions.device import device_of
from accounts.browser_sessions.models import BrowserSession
from accounts.browser_sessions.plain import KEY, delete_plain, read_plain
from common.plain_rows import plain_row
from common.secrets import Purpose, Undecryptable, decrypt, encrypt, keyed_hash, keyed_hashes

# A row of this many is deleted in one statement: `clear_expired` holds no lock for long.
BATCH = 1_000


class SessionStore(SessionBase):
    """Session of one request. `user_agent` is set by the middleware."""

    user_agent = ""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self._forget_row()

    def _forget_row(self) -> None:
        self.row_id: int | None = None
        self.created_at: datetime | None = None
        self.last_seen_at: datetime | None = None
        self._user_id: int | None = None
        self._is_plain = False

    # --- The data ----------------------------------------------------------------------------------------------------

    def encode(self, session_dict: dict[str, Any]) -> str:
        return encrypt(self.serializer().dumps(session_dict).decode("latin-1"), Purpose.SESSION)

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Return the data of a row; none where no present key opens them."""
        try:
            data: dict[str, Any] = self.serializer().loads(
                decrypt(force_str(session_data), Purpose.SESSION).encode("latin-1")
            )
        except (Undecryptable, ValueError):
            return {}
        return data

    # --- The row -----------------------------------------------------------------------------------------------------

    def load(self) -> dict[str, Any]:
        key = self.session_key or ""
        now = timezone.now()
        row = self._living_row(key, now)
        if row is None:
            data = read_plain(key, now)
            if data is not None:
                self._is_plain = True
                # Where a person is signed in, the readable row goes at the end of this request.
                self.modified = self.modified or SESSION_KEY in data
                return data
            # Another request of the browser may have moved it between the two reads.
            row = self._living_row(key, now)
        if row is None:
            self._session_key = None
            return {}
        self.row_id, self.created_at, self.last_seen_at = row.pk, row.created_at, row.last_seen_at
        self._user_id = row.user_id
        return self.decode(row.data)

    def exists(self, session_key: str) -> bool:
        return self._rows(session_key).exists()

    def create(self) -> None:
        while True:
            self._session_key = self._get_new_session_key()
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Write the data. Raises CreateError for a key that is there already, UpdateError for a session that was ended
        meanwhile."""
        if self.session_key is None:
            self.create()
            return
        if must_create:
            vars(self).setdefault("_session_cache", {})
        values = self._values(dict(self.items()))
        if must_create:
            self._insert(values)
        elif self._is_plain:
            self._move(values)
        elif not self._rows(self.session_key).update(**values):
            raise UpdateError
        self.created_at, self.last_seen_at = values["created_at"], values["last_seen_at"]
        self._user_id, self._is_plain = values["user_id"], False

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key and not self._rows(key).delete()[0]:
            delete_plain([key])

    def flush(self) -> None:
        super().flush()
        self._forget_row()

    def cycle_key(self) -> None:
        """Give the session a new key; a person who is signed in stays so since the former moment."""
        if SESSION_KEY not in self:
            self._forget_row()
        super().cycle_key()

    @classmethod
    def clear_expired(cls) -> None:
        """Delete what has expired, in statements of a thousand rows."""
        now = timezone.now()
        while True:
            expired = BrowserSession.objects.filter(expires_at__lt=now).values("pk")[:BATCH]
            if BrowserSession.objects.filter(pk__in=expired).delete()[0] < BATCH:
                return

    # --- What the person sees of it, and limits ----------------------------------------------------------------------

    def is_seen_write_due(self, now: datetime) -> bool:
        """Tell whether a signed-in person's request is to be noted: not more often than SESSION_SEEN_EVERY."""
        every = timedelta(seconds=settings.SESSION_SEEN_EVERY)
        return self._user_id is not None and self.last_seen_at is not None and now - self.last_seen_at >= every

    def write_seen(self, now: datetime) -> None:
        """Note a signed-in person's request. One conditional UPDATE; nothing for a session ended meanwhile."""
        self._rows(self.session_key or "").filter(last_seen_at__lt=now).update(last_seen_at=now)
        self.last_seen_at = now

    # --- How -----------------------------------------------------------------------------------------------------

    def _get_new_session_key(self) -> str:
        # 165 bits: Django's question whether a row has this key already would be a statement for nothing.
        return get_random_string(32, VALID_KEY_CHARS)

    @staticmethod
    def _rows(key: str) -> QuerySet[BrowserSession]:
        return BrowserSession.objects.filter(key__in=keyed_hashes(KEY, key))

    @staticmethod
    def _living_row(key: str, now: datetime) -> BrowserSession | None:
        rest = "WHERE key = ANY(%s) AND expires_at > %s"
        return plain_row(BrowserSession, rest, [keyed_hashes(KEY, key), now])

    def _values(self, data: dict[str, Any]) -> dict[str, Any]:
        now = timezone.now()
        user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        since = self.created_at if self.created_at is not None and user_id == self._user_id else now
        device = device_of(self.user_agent if user_id is not None else "")
        return {
            "key": keyed_hash(KEY, self.session_key or ""),
            "data": self.encode(data),
            "expires_at": self.get_expiry_date(),
            "user_id": user_id,
            "created_at": since,
            "last_seen_at": max(now, since),
            "browser": device.browser,
            "system": device.system,
        }

    def _insert(self, values: dict[str, Any]) -> None:
        try:
            with transaction.atomic():
                self.row_id = BrowserSession.objects.create(**values).pk
        except IntegrityError as error:
            # Any other complaint, such as of a person who is no more, would come again with each new key.
            if "accounts_browsersession_key_key" not in str(error):
                raise
            raise CreateError from error

    def _move(self, values: dict[str, Any]) -> None:
        """Put a session of the release before into our table, under the cookie it has. Of two requests at once the
        second waits for the row, and then writes to what the first has moved."""
        with transaction.atomic():
            if delete_plain([self.session_key or ""]):
                self._insert(values)
            elif not self._rows(self.session_key or "").update(**values):
                raise UpdateError
