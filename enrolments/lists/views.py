"""Lists of people at the operator's desk: made, looked at, mended, placed; their progress and result."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.members.current import AccountRequest, account_page
from accounts.members.history.services import note_download
from accounts.members.parts import Part
from accounts.members.rights import Right
from accounts.members.trust import count_mails_before_payment
from accounts.rate_limits.others import NotBeforePayment
from accounts.rate_limits.services import TooOften
from common.languages import reader_language
from common.numbers import whole_number
from common.sheets.answers import sheet_response
from common.sheets.tables import SheetKind
from enrolments.lists.drafts import ListMoved, ListNotFound, discard_list, judge_again, make_list, mend_row
from enrolments.lists.forms import NewListForm, RowForm
from enrolments.lists.models import ListRow, PeopleList
from enrolments.lists.results import result_file
from enrolments.lists.running import start_list
from enrolments.lists.selectors import (
    counts_of,
    language_in_words,
    lists_of,
    mails_in_words,
    rows_of,
    source_name,
    taken_meanwhile,
    verdict_in_words,
)
from enrolments.lists.template import template_of
from enrolments.lists.verdicts import FINE, TO_PLACE
from enrolments.pages import page_of

LISTS_A_PAGE = 25
ROWS_A_PAGE = 100


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def lists(request: AccountRequest) -> HttpResponse:
    """List the account's lists of people, the newest first."""
    page = page_of(request, lists_of(request.membership).annotate(people=Count("rows")), LISTS_A_PAGE)
    return render(request, "lists/lists.html", {"account": request.account, "page": page, "query_string": ""})


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_http_methods(["GET", "HEAD", "POST"])
def new_list(request: AccountRequest) -> HttpResponse:
    """Ask for people and seats; posting them makes a list to look at."""
    now, part = timezone.now(), Part.of(request.membership)
    status = HTTPStatus.OK
    if request.method == "POST":
        form = NewListForm(request.POST, request.FILES, account=request.account, now=now, part=part)
        if form.is_valid():
            source = form.chosen_source()
            try:
                made = make_list(
                    account=request.account,
                    operator=request.user,
                    rows=form.rows,
                    entry_code=source.entry_code,
                    group=source.group,
                    course=form.cleaned_data["course"],
                    language=get_language() or "",
                    in_place_of=form.in_place_of(),
                    now=now,
                )
            except ListNotFound:
                raise Http404 from None
            except ListMoved as refused:
                form.add_error(None, str(refused.message))
                status = HTTPStatus.CONFLICT
            else:
                return redirect("account-list", request.account.pk, made.pk)
        else:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    else:
        form = NewListForm(initial=_asked_for(request), account=request.account, now=now, part=part)
    return render(request, "lists/new_list.html", {"account": request.account, "form": form}, status=status)


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def people_list(request: AccountRequest, list_id: int) -> HttpResponse:
    """Show a list: what would happen, how far it is, or what became of each row."""
    return _list_page(request, _find(request, list_id))


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def state(request: AccountRequest, list_id: int) -> HttpResponse:
    """Return the progress of a list, for the script that polls; the whole page is loaded anew when it is over."""
    found = _find(request, list_id)
    context = {"account": request.account, "list": found, "counts": counts_of(found), "is_moving": _is_moving(found)}
    response = render(request, "lists/progress.html", context)
    if not _is_moving(found):
        response["HX-Refresh"] = "true"
    patch_vary_headers(response, ["HX-Request"])
    return response


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_POST
def start(request: AccountRequest, list_id: int) -> HttpResponse:
    """Have a list placed, as it was shown."""
    found = _find(request, list_id)
    mode = request.POST.get("mode", "")
    if mode not in PeopleList.Mode.values:
        return _list_page(request, found, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    now = timezone.now()
    try:
        # A list on seats that were paid for is placed whole, whatever the limits on single invitations.
        addresses = found.rows.filter(verdict__in=TO_PLACE).values_list("address", flat=True)
        count_mails_before_payment(request, addresses, now=now)
        start_list(people_list=found, version=_version(request), mode=mode, now=now)
    except ListMoved as refused:
        return _refused(request, list_id, refused)
    except (NotBeforePayment, TooOften) as refused:
        messages.error(request, str(refused))
        return _list_page(request, found, status=HTTPStatus.TOO_MANY_REQUESTS)
    return redirect("account-list", request.account.pk, found.pk)


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_POST
def judge(request: AccountRequest, list_id: int) -> HttpResponse:
    """Look at a draft again: seats and courses may have changed since."""
    found = _find(request, list_id)
    try:
        judge_again(people_list=found, now=timezone.now())
    except ListMoved as refused:
        return _refused(request, list_id, refused)
    return redirect("account-list", request.account.pk, found.pk)


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_POST
def discard(request: AccountRequest, list_id: int) -> HttpResponse:
    """Delete a draft, as it was shown."""
    found = _find(request, list_id)
    try:
        discard_list(people_list=found, version=_version(request))
    except ListMoved as refused:
        return _refused(request, list_id, refused)
    messages.success(request, _("The list was deleted. Nobody was placed."))
    return redirect("account-lists", request.account.pk)


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_http_methods(["GET", "HEAD", "POST"])
def row(request: AccountRequest, list_id: int, line: int) -> HttpResponse:
    """Show one line of a draft; posting the form writes it anew."""
    found, part = _find(request, list_id), Part.of(request.membership)
    shown = ListRow.objects.filter(people_list=found, line=line).select_related("people_list").first()
    if shown is None:
        raise Http404
    status = HTTPStatus.OK
    if request.method == "POST":
        form = RowForm(request.POST, row=shown, part=part)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                mend_row(
                    people_list=found,
                    line=line,
                    version=form.cleaned_data["version"],
                    row=form.typed(shown),
                    now=timezone.now(),
                )
            except ListMoved as refused:
                status = HTTPStatus.CONFLICT
                found = _find(request, list_id)
                form = RowForm(request.POST.dict() | {"version": str(found.version)}, row=shown, part=part)
                form.full_clean()
                form.add_error(None, str(refused.message))
            else:
                shown.refresh_from_db()
                if shown.verdict in FINE:
                    messages.success(request, _("Line %(line)d is in order now.") % {"line": line})
                    return redirect("account-list", request.account.pk, found.pk)
                return redirect("account-list-row", request.account.pk, found.pk, line)
    elif found.state != PeopleList.State.DRAFT:
        return redirect("account-list", request.account.pk, found.pk)
    else:
        form = RowForm.of(shown, part)
    context = {
        "account": request.account,
        "list": found,
        "row": shown,
        "form": form,
        "verdict": verdict_in_words(shown),
        "is_fine": shown.verdict in FINE,
    }
    return render(request, "lists/row.html", context, status=status)


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def result(request: AccountRequest, list_id: int, kind: str) -> HttpResponseBase:
    """Download a list with what becomes, or became, of each row."""
    found = _find(request, list_id)
    note_download(account_id=request.account.pk, actor=request.user, file="result of a list", now=timezone.now())
    return result_file(found, SheetKind(kind))


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def template(request: AccountRequest, kind: str) -> HttpResponseBase:
    """Download a list to be filled in, with headings in the reader's language."""
    headings, rows = template_of(reader_language())
    return sheet_response(_("list of people"), SheetKind(kind), headings=headings, rows=rows)


def _asked_for(request: AccountRequest) -> dict[str, object]:
    """Return what the address of a new list says: the seats it is for, and the draft that it corrects."""
    corrects = whole_number(request.GET.get("corrects", ""))
    draft = _find(request, corrects) if corrects else None
    if draft is None:
        return {"source": request.GET.get("source", "")}
    source = f"session:{draft.group_id}" if draft.group_id else f"entry:{draft.entry_code}"
    course = None if draft.group_id else draft.course_id
    return {"source": source, "course": course, "corrects": draft.pk, "version": draft.version}


def _find(request: AccountRequest, list_id: int) -> PeopleList:
    found = lists_of(request.membership).filter(pk=list_id).first()
    if found is None:
        raise Http404
    return found


def _version(request: AccountRequest) -> int:
    return whole_number(request.POST.get("version", "")) or 0


def _is_moving(found: PeopleList) -> bool:
    return found.state not in (PeopleList.State.DRAFT, *PeopleList.OVER)


def _refused(request: AccountRequest, list_id: int, refused: ListMoved) -> HttpResponse:
    messages.error(request, str(refused.message))
    return _list_page(request, _find(request, list_id), status=HTTPStatus.CONFLICT)


def _list_page(request: AccountRequest, found: PeopleList, *, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    only_wrong = request.GET.get("show") == "wrong"
    after = whole_number(request.GET.get("after", "")) or 0
    rows = list(rows_of(found, only_wrong=only_wrong, after=after)[: ROWS_A_PAGE + 1])
    has_more, rows = len(rows) > ROWS_A_PAGE, rows[:ROWS_A_PAGE]
    mails = mails_in_words(found, rows)
    context = {
        "account": request.account,
        "list": found,
        "source": source_name(found),
        "counts": counts_of(found),
        "is_draft": found.state == PeopleList.State.DRAFT,
        "is_moving": _is_moving(found),
        "taken": taken_meanwhile(found, Part.of(request.membership)) if found.refused_at is not None else [],
        "rows": [
            {
                "row": each,
                "verdict": verdict_in_words(each),
                "is_fine": each.verdict in FINE,
                "mail": mails.get(each.line),
                "language": language_in_words(each),
            }
            for each in rows
        ],
        "only_wrong": only_wrong,
        "after": after,
        "next": rows[-1].line if has_more else None,
    }
    return render(request, "lists/list.html", context, status=status)
