"""Join links at the operator's desk: made, counted, printed, withdrawn."""

from __future__ import annotations

from http import HTTPStatus

import segno
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.members.current import AccountRequest, account_page
from accounts.members.parts import Part
from accounts.members.rights import Right
from common.refusals import Refused
from enrolments.joining.forms import CodeNumberForm, NewLinkForm
from enrolments.joining.make import make_link, revoke_code, revoke_link
from enrolments.joining.models import JoinCode, JoinLink
from enrolments.joining.selectors import free_seats, links_of, source_name, state_of, uses_of, withdrawn_codes
from enrolments.joining.tokens import address_of, code_of, link_url, typing_address
from enrolments.pages import page_of
from enrolments.people.selectors import typed_names
from enrolments.seats.moves import SeatNotFound
from enrolments.teams.quota import room_left

LINKS_A_PAGE = 25
USES_A_PAGE = 50


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def links(request: AccountRequest) -> HttpResponse:
    """List the account's join links, the newest first."""
    now = timezone.now()
    page = page_of(request, links_of(request.account, Part.of(request.membership)), LINKS_A_PAGE)
    used = uses_of(page.rows)
    rows = [
        {
            "link": link,
            "source": source_name(link.batch, link.group),
            "used": used[link.pk],
            "reason": state_of(link, used=used[link.pk], now=now),
        }
        for link in page.rows
    ]
    context = {"account": request.account, "page": page, "rows": rows, "query_string": ""}
    return render(request, "joining/links.html", context)


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_http_methods(["GET", "HEAD", "POST"])
def new_link(request: AccountRequest) -> HttpResponse:
    """Ask for seats, course, number and last day; posting them makes a link or printed codes."""
    now, part = timezone.now(), Part.of(request.membership)
    status = HTTPStatus.OK
    if request.method == "POST":
        form = NewLinkForm(request.POST, account=request.account, now=now, part=part)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                made = make_link(account=request.account, maker=request.user, now=now, **form.chosen())
            except SeatNotFound:
                raise Http404 from None
            except Refused as refused:
                form.add_error(refused.field, str(refused.message))
            else:
                return redirect("account-join-link", request.account.pk, made.pk)
    else:
        asked = {"source": request.GET.get("source", "")}
        form = NewLinkForm(initial=asked, account=request.account, now=now, part=part)
    return render(request, "joining/new_link.html", {"account": request.account, "form": form}, status=status)


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def link(request: AccountRequest, link_id: int) -> HttpResponse:
    """Show a link with its address, or the way to its codes; its uses, one by one."""
    return _link_page(request, _find(request, link_id), CodeNumberForm())


def _link_page(
    request: AccountRequest, found: JoinLink, form: CodeNumberForm, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    now = timezone.now()
    uses = found.uses.select_related("seat__course").order_by("-pk")
    page = page_of(request, uses, USES_A_PAGE)
    names = typed_names(request.account, {use.person_id for use in page.rows})
    used = uses.count()
    url = "" if found.has_codes else link_url(found)
    withdrawn = withdrawn_codes(found).select_related("revoked_by") if found.has_codes else ()
    context = {
        "account": request.account,
        "link": found,
        "source": source_name(found.batch, found.group),
        "used": used,
        "left": max(found.places - used - len(withdrawn), 0),
        "room": max(room_left([found.team]).get(found.team.pk, 0), 0) if found.team and found.team.quota else None,
        "free": free_seats(found, now).count(),
        "reason": state_of(found, used=used, now=now),
        "url": url,
        "picture": qr_code(url) if url else "",
        "withdrawn": withdrawn,
        "form": form,
        "page": page,
        "rows": [{"use": use, "person": names.get(use.person_id)} for use in page.rows],
        "query_string": "",
    }
    return render(request, "joining/desk_link.html", context, status=status)


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def codes(request: AccountRequest, link_id: int) -> HttpResponse:
    """Show the codes of a link that still take somebody, to be printed and cut apart."""
    found = _find(request, link_id)
    if not found.has_codes:
        raise Http404
    standing = JoinCode.objects.filter(link=found, revoked_at__isnull=True)
    unused = standing.exclude(number__in=found.uses.values("number"))
    written = [(each.number, code_of(found.nonce, each.number, stored_hash=each.code_hash)) for each in unused]
    context = {
        "account": request.account,
        "link": found,
        "source": source_name(found.batch, found.group),
        "reason": state_of(found, used=found.uses.count(), now=timezone.now()),
        "where": typing_address(),
        "codes": [{"number": number, "code": code, "picture": qr_code(address_of(code))} for number, code in written],
    }
    return render(request, "joining/codes.html", context)


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_POST
def revoke(request: AccountRequest, link_id: int) -> HttpResponse:
    """Withdraw a link with all its codes."""
    found = _find(request, link_id)
    if revoke_link(link=found, actor=request.user, now=timezone.now()):
        messages.success(request, _("Nobody can join by this any more. Who has taken a seat keeps it."))
    return redirect("account-join-link", request.account.pk, found.pk)


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_POST
def withdraw_code(request: AccountRequest, link_id: int) -> HttpResponse:
    """Withdraw one printed code, by the number on its slip."""
    found = _find(request, link_id)
    if not found.has_codes:
        raise Http404
    form = CodeNumberForm(request.POST)
    if form.is_valid():
        number = form.cleaned_data["number"]
        try:
            is_new = revoke_code(link=found, number=number, actor=request.user, now=timezone.now())
        except Refused as refused:
            form.add_error("number", str(refused.message))
        else:
            said = _("Nobody can join by code %(number)d any more.") if is_new else _("Code %(number)d is withdrawn.")
            messages.success(request, said % {"number": number})
            return redirect("account-join-link", request.account.pk, found.pk)
    return _link_page(request, found, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def qr_code(text: str) -> SafeString:
    """Return the picture of a text that telephones read, black on white in the dark as well: SVG without style."""
    picture = segno.make(text, error="m", micro=False)
    svg = picture.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    return mark_safe(svg)  # noqa: S308 -- made of the text's bits alone


def _find(request: AccountRequest, link_id: int) -> JoinLink:
    found = links_of(request.account, Part.of(request.membership)).filter(pk=link_id)
    link = found.select_related("revoked_by").first()
    if link is None:
        raise Http404
    return link
