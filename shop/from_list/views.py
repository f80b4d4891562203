"""A cart that begins with a list of people: what is there for them, and what is to be bought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.members.current import AccountRequest, account_page
from accounts.members.rights import Right, rights_of
from catalog.selectors import shopper_for
from common.languages import reader_language
from common.numbers import whole_number
from common.refusals import Refused
from common.templatetags.money import grouped
from enrolments.lists.drafts import ListMoved, person_row
from enrolments.lists.models import ListRow, PeopleList
from enrolments.lists.selectors import verdict_in_words
from enrolments.lists.stock import OF_THE_SEATS, OnSale
from enrolments.lists.template import as_text
from enrolments.lists.verdicts import THERE, Verdict
from enrolments.seats.batches.models import SeatBatch
from shop.cart.current import SESSION_KEY, current_cart, session_token
from shop.from_list.forms import FromListForm
from shop.from_list.looking import Looking, look
from shop.from_list.sales import sales_for
from shop.from_list.services import ListChanged, Put, put_list_into_cart

# Rows shown, those that cannot be placed first; the numbers are those of all.
ROWS_SHOWN = 500
KINDS = ("wrong", "buy", "cart", "stock", "there")


@never_cache
@account_page(Right.BUY)
@require_http_methods(["GET", "HEAD", "POST"])
def from_list(request: AccountRequest) -> HttpResponse:
    """Ask for people and an entry. POST tells what would happen; with `put`, what was shown goes into the cart."""
    if Right.MANAGE_SEATS not in rights_of(request.membership):
        raise Http404
    now = timezone.now()
    if request.method != "POST":
        initial = _asked_for(request)
        sales = sales_for(shopper_for(request.user), code=str(initial.get("entry", "")), now=now)
        return _page(request, FromListForm(initial=initial, sales=sales, now=now))
    sales = sales_for(shopper_for(request.user), code=request.POST.get("entry", ""), now=now)
    form = FromListForm(request.POST, request.FILES, sales=sales, now=now)
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    on_sale = form.sale.on_sale()
    if on_sale is None:
        form.add_error("entry", _("This is not on sale at the moment."))
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    status = HTTPStatus.OK
    if "put" in request.POST:
        try:
            return _gone_on(request, _put(request, form, on_sale, now))
        except (ListChanged, ListMoved) as refused:
            form.add_error(None, str(refused.message))
            status = HTTPStatus.CONFLICT
        except Refused as refused:
            form.add_error(None, str(refused.message))
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    looking = look(
        account=request.account,
        sale=form.sale,
        on_sale=on_sale,
        typed=form.rows,
        course=form.cleaned_data.get("course"),
        cart=current_cart(request),
        now=now,
    )
    return _page(request, form, looking, status=status)


def _put(request: AccountRequest, form: FromListForm, on_sale: OnSale, now: datetime) -> Put:
    return put_list_into_cart(
        account=request.account,
        operator=request.user,
        sale=form.sale,
        on_sale=on_sale,
        typed=form.rows,
        course=form.cleaned_data.get("course"),
        seen=request.POST.get("seen", ""),
        token=session_token(request),
        language=get_language() or "",
        in_place_of=form.in_place_of(),
        now=now,
    )


def _gone_on(request: AccountRequest, put: Put) -> HttpResponse:
    """Lead to the cart, or to the desk where nothing has to be bought, and tell what became of the list."""
    looking = put.looking
    request.session[SESSION_KEY] = put.cart.token
    if looking.units:
        told = ngettext(
            "%(n)s unit of “%(name)s” is in your cart.", "%(n)s units of “%(name)s” are in your cart.", looking.units
        )
        if looking.sale.asks_people:
            told = ngettext(
                "%(n)s unit of “%(name)s” is in your cart, with its form filled in.",
                "%(n)s units of “%(name)s” are in your cart, with their forms filled in.",
                looking.units,
            )
        messages.success(request, told % {"n": grouped(looking.units), "name": looking.sale.entry.name})
    if put.lists and looking.units and not looking.sale.asks_people:
        messages.info(request, _("Your list is kept among the lists of people: place it once the seats are there."))
    elif put.lists and looking.units:
        messages.info(request, _("Those for whom seats are free are kept among the lists of people."))
    if looking.units or not put.lists:
        return redirect("cart")
    return redirect("account-list", request.account.pk, put.lists[0].pk)


def _asked_for(request: AccountRequest) -> dict[str, Any]:
    """Return what the address says: the entry to buy, or the list at the desk whose people need seats."""
    list_id = whole_number(request.GET.get("list", ""))
    if list_id is None:
        return {"entry": request.GET.get("entry", "").replace("\0", "")}
    found = PeopleList.objects.filter(account=request.account, pk=list_id).first()
    if found is None:
        raise Http404
    rows = found.rows.order_by("line")
    asked: dict[str, Any] = {"entry": _entry_of(found), "course": found.course_id}
    if found.state == PeopleList.State.DRAFT:
        asked |= {"corrects": found.pk, "version": found.version}
    else:
        rows = rows.filter(step=ListRow.Step.NONE, verdict__in=[*OF_THE_SEATS, Verdict.STOPPED, Verdict.SEAT_TAKEN])
    return asked | {"people": as_text([person_row(row) for row in rows], reader_language())}


def _entry_of(people_list: PeopleList) -> str:
    if people_list.group_id is None:
        return people_list.entry_code
    batches = SeatBatch.objects.filter(account=people_list.account_id, group=people_list.group_id).order_by("-pk")
    return batches.values_list("entry_code", flat=True).first() or ""


def _page(
    request: AccountRequest, form: FromListForm, looking: Looking | None = None, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    context = {
        "account": request.account,
        "form": form,
        "looking": looking,
        "rows": _rows(looking) if looking is not None else [],
        "more": max(0, len(looking.looked.rows) - ROWS_SHOWN) if looking is not None else 0,
    }
    return render(request, "from_list/from_list.html", context, status=status)


@dataclass(frozen=True)
class ShownRow:
    """Row as the page shows it; `kind` is one of KINDS, `verdict` is told of the first and the last."""

    row: ListRow
    kind: str
    verdict: str


def _rows(looking: Looking) -> list[ShownRow]:
    """Return the first rows in the order of KINDS."""
    kinds = {row.line: _kind(row, looking) for row in looking.looked.rows}
    rows = sorted(looking.looked.rows, key=lambda row: KINDS.index(kinds[row.line]))[:ROWS_SHOWN]
    return [ShownRow(row, kinds[row.line], verdict_in_words(row)) for row in rows]


def _kind(row: ListRow, looking: Looking) -> str:
    if row.line in looking.named:
        return "cart"
    if row.line in looking.looked.to_buy:
        return "buy"
    if row.line in looking.looked.in_stock:
        return "stock"
    return "there" if row.verdict in THERE else "wrong"
