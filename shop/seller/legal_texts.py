"""Versions of the legal texts: drafted, published once, never changed afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.languages import languages
from common.refusals import Refused
from shop.seller.models import LegalText


class TextIsPublished(Refused):
    """Refusal to change a published version, to which orders refer."""

    message = _("This version is published, so it stays as it is. Start a new version to change the text.")


class TextIsEmpty(Refused):
    """Refusal to publish a version without a text in the shop's own language."""

    message = _("Write the text in the shop's own language first; then it can be published.")


def start_version(*, kind: str) -> LegalText:
    """Return the draft of a kind: the existing one, or a new version that starts as a copy of the last one.

    Takes no lock: two people at once choose one version number, the unique key (kind, version) admits one row, and both
    get that row.
    """
    while True:
        draft = LegalText.objects.filter(kind=kind, published_at__isnull=True).order_by("-version").first()
        if draft is not None:
            return draft
        last = LegalText.objects.filter(kind=kind).order_by("-version").first()
        copied = {f"body_{code}": getattr(last, f"body_{code}") or "" if last else "" for code in languages()}
        version = last.version + 1 if last else 1
        LegalText.objects.bulk_create([LegalText(kind=kind, version=version, **copied)], ignore_conflicts=True)


@transaction.atomic
def save_text(*, text_id: int, bodies: Mapping[str, str]) -> LegalText:
    """Write a draft's text by language code. Locks the version; raises TextIsPublished."""
    text = _locked_draft(text_id)
    for code in languages():
        if code in bodies:
            setattr(text, f"body_{code}", bodies[code].replace("\r\n", "\n").strip())
    text.save()
    return text


@transaction.atomic
def publish_text(*, text_id: int, now: datetime) -> LegalText:
    """Put a version in force. Locks it; publishing twice keeps the first time.

    Raises TextIsEmpty without a text in the shop's language, the one that can be shown to every reader.
    """
    text = LegalText.objects.select_for_update(no_key=True).get(pk=text_id)
    if text.published_at is not None:
        return text
    if not (getattr(text, f"body_{settings.SHOP_LANGUAGE}") or "").strip():
        raise TextIsEmpty
    LegalText.objects.filter(pk=text.pk, published_at__isnull=True).update(published_at=now)
    text.published_at = now
    return text


@transaction.atomic
def discard_text(*, text_id: int) -> None:
    """Delete a draft. Locks it; raises TextIsPublished."""
    _locked_draft(text_id).delete()


def _locked_draft(text_id: int) -> LegalText:
    text = LegalText.objects.select_for_update().get(pk=text_id)
    if text.published_at is not None:
        raise TextIsPublished
    return text
