"""Acts with join links, as the history of an account tells them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.members.history.sources import Asked, Deed
from accounts.members.models import CustomerAccount
from enrolments.joining.models import JoinCode, JoinLink


def links_made(account: CustomerAccount, asked: Asked) -> Sequence[Deed]:
    """Return links and sheets of codes that were made. One statement."""
    rows = _asked_of(JoinLink.objects.filter(account=account), asked, at="created_at", actor="maker")
    made = {True: _("Made printed codes %(number)d"), False: _("Made join link %(number)d")}
    return [Deed(row.created_at, row.pk, row.maker_id, _said(made, row), _page(account, row)) for row in rows]


def links_withdrawn(account: CustomerAccount, asked: Asked) -> Sequence[Deed]:
    """Return links and sheets of codes that were withdrawn. One statement."""
    rows = _asked_of(JoinLink.objects.filter(account=account), asked, at="revoked_at", actor="revoked_by")
    withdrawn = {True: _("Withdrew printed codes %(number)d"), False: _("Withdrew join link %(number)d")}
    return [Deed(row.revoked_at, row.pk, row.revoked_by_id, _said(withdrawn, row), _page(account, row)) for row in rows]


def codes_withdrawn(account: CustomerAccount, asked: Asked) -> Sequence[Deed]:
    """Return single printed codes that were withdrawn. One statement."""
    codes = JoinCode.objects.filter(link__account=account).select_related("link")
    rows = _asked_of(codes, asked, at="revoked_at", actor="revoked_by")
    said = _("Withdrew code %(code)d of printed codes %(number)d")
    return [
        Deed(
            row.revoked_at, row.pk, row.revoked_by_id,
            said % {"code": row.number, "number": row.link_id}, _page(account, row.link),
        )
        for row in rows
    ]  # fmt: skip


def _asked_of(rows: QuerySet[Any], asked: Asked, *, at: str, actor: str) -> list[Any]:
    rows = rows.filter(**{f"{at}__isnull": False})
    if asked.actor_id is not None:
        rows = rows.filter(**{actor: asked.actor_id})
    if asked.at is not None:
        rows = rows.filter(Q(**{f"{at}__lt": asked.at}) | Q(**{at: asked.at, "pk__lt": asked.key}))
    return list(rows.order_by(f"-{at}", "-pk")[: asked.limit])


def _said(sentences: dict[bool, str], link: JoinLink) -> str:
    return sentences[link.has_codes] % {"number": link.pk}


def _page(account: CustomerAccount, link: JoinLink) -> str:
    return reverse("account-join-link", args=[account.pk, link.pk])
