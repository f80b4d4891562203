"""`manage.py rotate_keys`: the step of a rotation after which former keys can be left out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.browser_sessions.plain import move_plain_sessions
from project.key_rotation import rotate


class Command(BaseCommand):
    help = (
        "Encrypt everything that is stored under an older key anew, under the first of ENCRYPTION_KEYS or SECRET_KEY. "
        "In small batches, while the shop runs; may be stopped and begun again."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        moved = 0
        while batch := move_plain_sessions(now=timezone.now(), at_rest_for=timedelta()):
            moved += batch
        if moved:
            self.stdout.write(f"sessions of the release before: {moved} encrypted")
        outcomes = rotate()
        for outcome in outcomes:
            self.stdout.write(f"{outcome.purpose}: {outcome.anew} of {outcome.read} encrypted anew")
        lost = [f"{each.purpose}: {each.unreadable}" for each in outcomes if each.unreadable]
        if lost:
            raise CommandError(
                f"No present key opens these: {', '.join(lost)}. Name the key they are under in ENCRYPTION_KEYS or "
                "SECRET_KEY_FALLBACKS and run this again; what is under no key any more stays unreadable."
            )
