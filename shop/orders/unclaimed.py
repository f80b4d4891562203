"""Orders that wait for their person: placed as a visitor, with an address that the person has proved since."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.links.remembered import SESSION_KEY as REMEMBERED_LINK
from accounts.members.rights import Right, accounts_with
from accounts.people.models import User
from accounts.people.selectors import is_address_proved
from shop.orders.models import Order
from shop.payments.models import PaymentEvent

AT_MOST = 50


def orders_waiting_for(user: User) -> QuerySet[Order]:
    """Return the unclaimed orders of the person's proved address, newest first; none of an address not proved.

    Orders that ended unpaid are left out, unless money came for them.
    """
    if not is_address_proved(user):
        return Order.objects.none()
    unclaimed = Order.objects.filter(claimed_at__isnull=True, contact_email=user.email)
    money = PaymentEvent.objects.unallocated().filter(order=OuterRef("pk"))
    ended = unclaimed.filter(status__in=(Order.Status.CANCELLED, Order.Status.EXPIRED))
    return unclaimed.exclude(pk__in=ended.exclude(Exists(money)).values("pk")).order_by("-pk")


def waiting_part(request: HttpRequest, user: User) -> str:
    """Return the list of orders that wait for the person, with a button each, as HTML; "" if there are none."""
    orders = list(orders_waiting_for(user)[:AT_MOST])
    if not orders:
        return ""
    context = {"orders": orders, "accounts": list(accounts_with(user, Right.MANAGE_ACCOUNT))}
    return render_to_string("orders/waiting.html", context, request=request)


def tell_of_waiting_orders(request: HttpRequest, user: User) -> None:
    """Tell a person who has just signed in of orders that wait for them, unless a mailed link is about to claim one."""
    if request.session.get(REMEMBERED_LINK) or not orders_waiting_for(user).exists():
        return
    text = _("An order that was placed with your address waits for you.")
    messages.info(
        request, format_html('{} <a href="{}">{}</a>', text, reverse("account-home"), _("See it in your account"))
    )
