"""The start page of the administration: what waits for the merchant's hand, and how the shop is doing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.privacy.models import ErasureRequest
from accounts.second_person.models import Approval
from billing.closures.held_up import days_held_up
from billing.ledger.currency import other_currency
from catalog.admin.filters import VocationalFilter
from catalog.admin.on_sale import SaleFilter
from catalog.models.entries import Entry, Vocational
from catalog.on_sale import not_sellable
from common.moments import local_day
from common.templatetags.money import grouped, money
from handlers import registry
from handlers.models import BrokenHook
from outbox.jobs.admin import GivenUpFilter, told_by_jobs_alone
from outbox.jobs.outages import outages
from outbox.mails.admin import UnsentFilter
from outbox.mails.models import Mail
from project.admin.figures_page import WaitingView, sales_view, seats_view, waiting_url, waiting_view
from shop.orders.admin.filters import TodoFilter
from shop.orders.figures import Period, failed_lines, owed_back
from shop.papers.models import MissingPaper
from shop.papers.platforms.admin import SendingTodoFilter
from shop.papers.platforms.services import needing_attention
from shop.payments.admin import AttentionFilter
from shop.payments.attempts.admin import AttemptTodoFilter
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.charge_backs.selectors import charged_back_orders
from shop.payments.configured.filters import InVainFilter
from shop.payments.configured.findings import findings
from shop.payments.disputes import disputed_orders
from shop.payments.due.admin import DueFilter
from shop.payments.due.selectors import overdue
from shop.payments.models import PaymentEvent
from shop.payments.refunds.admin import RefundTodoFilter
from shop.payments.refunds.models import Refund
from shop.payments.statements.models import StatementLine
from shop.phone_orders.admin.admin import StageFilter
from shop.phone_orders.models import PhoneOrder
from shop.seller.missing import missing_from_the_shop
from shop.vat_ids.selectors import orders_to_look_at
from shop.withdrawal.selectors import to_settle


@dataclass(frozen=True)
class Count:
    """Number of rows of a list, or of days, that ask for attention, and the list's address."""

    label: str | Promise
    hint: str | Promise
    number: int
    url: str
    colour: str = "warn"


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the start page the figures that its reader may see.

    A handful of queries, one for each figure, however many orders and seats there are.
    """
    user, now = request.user, timezone.now()
    waiting = None
    if user.has_perm("shop.view_order"):
        waiting = context["waiting"] = waiting_view(now=now)
        context["sales"] = sales_view(period=_period(request), now=now)
    if user.has_perm("enrolments.view_seat"):
        context["seats"] = seats_view(now)
    if user.has_perm("shop.view_shopidentity"):
        context["missing"] = missing_from_the_shop(now=now)
    if user.has_perm("billing.view_ledgerentry"):
        context["other_currency"] = other_currency()
    if user.has_perm("outbox.view_job") or user.has_perm("outbox.view_mail"):
        context["outages"] = outages()
    # What waits for somebody comes first.
    counts = sorted(_counts(user, waiting, now=now), key=lambda count: not count.number)
    return context | {"counts": counts}


def _period(request: HttpRequest) -> Period:
    return Period.DAY if request.GET.get("sales") == Period.DAY else Period.WEEK


def _counts(user: Any, waiting: WaitingView | None, *, now: datetime) -> Iterator[Count]:
    if waiting is not None and user.has_perm("shop.confirm_money"):
        yield Count(_("Orders waiting for money"), _("Confirm what has arrived."), waiting.orders, waiting_url())
    if user.has_perms(("shop.view_order", "shop.change_order")):
        failed = failed_lines()
        yield Count(
            _("Orders with a failed line"),
            _failed_hint(failed.lines),
            failed.orders,
            reverse("admin:shop_order_changelist", query={TodoFilter.parameter_name: TodoFilter.LINE}),
            "bad",
        )
    if user.has_perms(("shop.view_order", "shop.change_order")):
        yield Count(
            _("Withdrawals to settle"),
            _("Give back and pay back within 14 days, or let the contract go on."),
            to_settle().count(),
            reverse("admin:shop_order_changelist", query={TodoFilter.parameter_name: TodoFilter.WITHDRAWN}),
            "bad",
        )
        yield Count(
            _("Disputed orders"),
            _("Frozen until the money is kept: answer at the provider, give back, or let the order go on."),
            disputed_orders().count(),
            reverse("admin:shop_order_changelist", query={TodoFilter.parameter_name: TodoFilter.DISPUTED}),
            "bad",
        )
        yield Count(
            _("Orders owed again"),
            _("A bank has taken the money back: ask the customer for it, or give back."),
            charged_back_orders().count(),
            reverse("admin:shop_order_changelist", query={TodoFilter.parameter_name: TodoFilter.CHARGED_BACK}),
            "bad",
        )
        yield Count(
            _("VAT numbers to look at"),
            _("No VAT was charged because of them, and VIES does not confirm them. What was sold stays as it is."),
            orders_to_look_at().count(),
            reverse("admin:shop_order_changelist", query={TodoFilter.parameter_name: TodoFilter.VAT_ID}),
        )
    if user.has_perms(("shop.view_order", "shop.note_paid_back")):
        owed = owed_back()
        yield Count(
            _("Orders with money to be paid back"),
            _("%(amount)s owed for units given back.") % {"amount": money(owed.amount, settings.SHOP_CURRENCY)},
            owed.orders,
            reverse("admin:shop_order_changelist", query={TodoFilter.parameter_name: TodoFilter.OWED}),
        )
    if user.has_perms(("shop.view_statementline", "shop.import_statements")):
        yield Count(
            _("Lines of bank statements to decide"),
            _("Confirm what they are for, or set them aside."),
            StatementLine.objects.filter(state=StatementLine.State.OPEN).count(),
            reverse("admin:shop_statementline_changelist", query={"state__exact": StatementLine.State.OPEN}),
        )
    if user.has_perm("shop.enter_order"):
        yield Count(
            _("Orders by telephone to finish"),
            _("Not complete yet, or their link was not sent, or has ended."),
            PhoneOrder.objects.to_finish(now).count(),
            reverse("admin:shop_phoneorder_changelist", query={StageFilter.parameter_name: StageFilter.TO_FINISH}),
        )
    if user.has_perm("accounts.view_approval"):
        yield Count(
            _("Acts for a second person"),
            _("Asked for by a colleague: approve or decline them."),
            Approval.objects.filter(state=Approval.State.OPEN).count(),
            reverse("admin:accounts_approval_changelist", query={"state__exact": Approval.State.OPEN}),
        )
    if user.has_perm("accounts.erase_people"):
        yield Count(
            _("Requests for erasure"),
            _("The law gives a month: carry them out, or refuse them with a reason."),
            ErasureRequest.objects.filter(state=ErasureRequest.State.OPEN).count(),
            reverse("admin:accounts_erasurerequest_changelist", query={"state__exact": ErasureRequest.State.OPEN}),
        )
    if user.has_perm("shop.view_paymentevent"):
        yield Count(
            _("Payments that need attention"),
            _("It differs, came twice or too late, belongs to no order, or is asked back."),
            PaymentEvent.objects.needing_attention().count(),
            reverse(
                "admin:shop_paymentevent_changelist",
                query={AttentionFilter.parameter_name: AttentionFilter.ATTENTION},
            ),
            "bad",
        )
    if user.has_perm("shop.view_providersettings"):
        yield Count(
            _("Payment methods offered in vain"),
            _("Their keys are missing, refused, or those of a test."),
            len(findings()),
            reverse(
                "admin:shop_providersettings_changelist",
                query={InVainFilter.parameter_name: InVainFilter.ATTENTION},
            ),
            "bad",
        )
    if user.has_perm("shop.view_paymentattempt"):
        yield Count(
            _("Payments without an answer"),
            _("The provider was asked for days, or is asked no more: look there whether money moved."),
            PaymentAttempt.objects.needing_attention().count(),
            reverse(
                "admin:shop_paymentattempt_changelist",
                query={AttemptTodoFilter.parameter_name: AttemptTodoFilter.ATTENTION},
            ),
            "bad",
        )
    if user.has_perm("shop.view_refund"):
        yield Count(
            _("Refunds that need attention"),
            _("They failed, and the money is owed again; or no bank has answered for days."),
            Refund.objects.needing_attention().count(),
            reverse(
                "admin:shop_refund_changelist", query={RefundTodoFilter.parameter_name: RefundTodoFilter.ATTENTION}
            ),
            "bad",
        )
    if user.has_perm("shop.view_duepart"):
        late = overdue(today=local_day(now), currency=settings.SHOP_CURRENCY)
        yield Count(
            _("Overdue parts of orders"),
            _("These orders owe %(amount)s. Reminders go by themselves; the list tells the step.")
            % {"amount": money(late.amount, settings.SHOP_CURRENCY)},
            late.parts,
            reverse("admin:shop_duepart_changelist", query={DueFilter.parameter_name: DueFilter.OVERDUE}),
        )
    if user.has_perm("shop.view_missingpaper"):
        yield Count(
            _("Invoices that could not be issued"),
            _("Something that they must say is missing; the list says what."),
            MissingPaper.objects.count(),
            reverse("admin:shop_missingpaper_changelist"),
            "bad",
        )
    if user.has_perm("shop.view_documentsending"):
        yield Count(
            _("Documents refused by the platform or the buyer, or not sent"),
            _("Take refused ones back by a credit note, and issue them anew. Others wait for the buyer’s address."),
            needing_attention().count(),
            reverse(
                "admin:shop_documentsending_changelist",
                query={SendingTodoFilter.parameter_name: SendingTodoFilter.ATTENTION},
            ),
            "bad",
        )
    if user.has_perm("billing.view_closure"):
        held = days_held_up(now=now)
        yield Count(
            _("Days of the books that are not closed"),
            _("They are due for more than a day; the list says what holds them up."),
            held.days if held else 0,
            reverse("admin:billing_closure_changelist"),
            "bad",
        )
    if user.has_perm("handlers.view_brokenhook"):
        yield Count(
            _("Broken extensions"),
            _("Hooks that broke, and extensions that could not be loaded: which file, which line, and what."),
            BrokenHook.objects.count() + len(registry.problems()),
            reverse("admin:handlers_brokenhook_changelist"),
            "bad",
        )
    if user.has_perm("catalog.view_entry"):
        yield Count(
            _("Entries that nobody can buy"),
            _("On sale by their state; the entry says what is to be mended."),
            len(not_sellable(now=now)),
            reverse("admin:catalog_entry_changelist", query={SaleFilter.parameter_name: SaleFilter.NOT_NOW}),
            "bad",
        )
        yield Count(
            _("Entries to mark as vocational training or not"),
            _("Until then, private persons cannot buy them."),
            Entry.objects.unsaid().count(),
            reverse("admin:catalog_entry_changelist", query={VocationalFilter.parameter_name: str(Vocational.UNSAID)}),
        )
    if user.has_perm("outbox.view_job"):
        yield Count(
            _("Jobs that gave up"),
            _("Besides those of mails and lines. Read why, then run them again or dismiss them."),
            told_by_jobs_alone().count(),
            reverse("admin:outbox_job_changelist", query={GivenUpFilter.parameter_name: GivenUpFilter.OTHERS}),
            "bad",
        )
    if user.has_perm("outbox.view_mail"):
        yield Count(
            _("Mails that could not be sent"),
            _("In the last 30 days, and neither sent again nor dismissed since."),
            Mail.objects.unsent(now).count(),
            reverse("admin:outbox_mail_changelist", query={UnsentFilter.parameter_name: UnsentFilter.UNSENT}),
            "bad",
        )


def _failed_hint(lines: int) -> str | Promise:
    if not lines:
        return _("Paid, and not delivered yet.")
    text = ngettext(
        "%(lines)s line is paid, and not delivered yet.", "%(lines)s lines are paid, and not delivered yet.", lines
    )
    return text % {"lines": grouped(lines)}
