"""Registration of the shop's hooks with the floors below, once Django has loaded.

Those floors know nothing of orders: each offers registries, which this module fills.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.links.effects import EFFECTS
from accounts.links.models import AddressLink
from accounts.links.renewal import RENEWALS
from accounts.members.admin_parts import ADMIN_PARTS
from accounts.members.models import CustomerAccount
from accounts.members.navigation import AreaLink, add_area_link
from accounts.members.overview import PARTS, Card, add_card
from accounts.members.rights import Right
from accounts.members.trust import HAVE_PAID
from accounts.members.waiting import Waiting, add_waiting
from accounts.people.models import User
from accounts.security_log.viewing import PAGES, Seen, add_admin_pages
from accounts.sign_in.followers import FOLLOWERS
from accounts.sign_in.names_in_passwords import NAMES_OF_THE_SHOP
from billing.closures.services import FACTS_MISSING
from catalog.guards import CUSTOMER_CHECKS, PRICE_CHECKS, SOLD_CHECKS, Person
from common.search import among, matching
from documents.issued.finding import BY_WHOLE_TEXT, BY_WORD, LINKS
from documents.issued.tidying import ORDERS_AT_WORK
from enrolments.endings.renewals import RENEWALS as RENEWALS_OF_ENDINGS
from enrolments.order_operators import ORDER_OPERATORS
from enrolments.unit_rows import register_unit_rows
from outbox.mails.finding import FINDERS
from shop.cart.current import join_cart_of_session
from shop.notes.page import notes_on_account
from shop.orders import second_person
from shop.orders.card import orders_card
from shop.orders.claim import ClaimRefused, claim_order
from shop.orders.lines.models import OrderLine, OrderUnit
from shop.orders.mails import renew_claim
from shop.orders.models import Order
from shop.orders.standing import CONFIRMED
from shop.orders.unclaimed import tell_of_waiting_orders, waiting_part
from shop.orders.waiting import failed_deliveries, unpaid_orders
from shop.papers.finding import link_to_order, orders_numbered, orders_of_accounts
from shop.papers.needed import orders_at_work
from shop.payments.credit import second_person as credit_by_two
from shop.payments.credit.page import credit_of_account
from shop.payments.due.waiting import overdue_parts
from shop.payments.on_account.page import terms_of_account
from shop.payments.refunds import second_person as unallocated_by_two
from shop.payments.registry import known
from shop.postings.services import is_fact_missing
from shop.renewal.offers import renewal_for
from shop.seller.models import ShopIdentity
from shop.seller.prices import prices_are_typed_with_tax
from shop.vat_ids.words import vat_id_of_account


def connect() -> None:
    """Register the shop's hooks, and load the payment providers with their jobs."""
    SOLD_CHECKS.add(sold_entries)
    CUSTOMER_CHECKS.add(has_paid_order)
    PRICE_CHECKS.add(prices_are_typed_with_tax)
    HAVE_PAID.add(has_paid_money)
    ORDER_OPERATORS.add(operator_of_order)
    EFFECTS.register(AddressLink.Purpose.CLAIM, claim_by_link)
    RENEWALS.register(AddressLink.Purpose.CLAIM, renew_claim)
    NAMES_OF_THE_SHOP.add(names_of_the_seller)
    FOLLOWERS.add(join_cart_of_session)
    FOLLOWERS.add(tell_of_waiting_orders)
    PARTS.add(waiting_part)
    ADMIN_PARTS.add(notes_on_account)
    ADMIN_PARTS.add(terms_of_account)
    ADMIN_PARTS.add(credit_of_account)
    ADMIN_PARTS.add(vat_id_of_account)
    RENEWALS_OF_ENDINGS.add(renewal_for)
    FINDERS.add(mails_about)
    FACTS_MISSING.add(is_fact_missing)
    BY_WORD.add(orders_of_accounts)
    BY_WHOLE_TEXT.add(orders_numbered)
    LINKS.add(link_to_order)
    ORDERS_AT_WORK.add(orders_at_work)
    register_unit_rows(OrderUnit._meta.db_table)
    of_orders = {Right.SEE_OWN_ORDERS, Right.SEE_ALL_ORDERS}
    add_area_link(AreaLink("account-orders", _("Orders"), rights=of_orders, position=10))
    add_area_link(AreaLink("account-money", pgettext_lazy("page", "Money"), rights={Right.SEE_INVOICES}, position=15))
    add_area_link(AreaLink("account-documents", _("Documents"), rights=of_orders, position=16))
    add_card(Card("orders", orders_card, rights=of_orders, position=30))
    add_waiting(Waiting("failed deliveries", failed_deliveries, rights=of_orders, position=10))
    add_waiting(Waiting("overdue parts", overdue_parts, rights=of_orders, position=15))
    add_waiting(Waiting("unpaid orders", unpaid_orders, rights=of_orders, position=20))
    add_admin_pages("shop.order", "shop.payment", "shop.paymentevent", "shop.phoneorder")
    add_admin_pages("shop.paymentattempt", "shop.refund", "shop.transferfile", "shop.secondchargerule")
    add_admin_pages("shop.bankstatement", "shop.statementline", "shop.missingpaper")
    add_admin_pages("shop.bookexport")
    add_admin_pages("shop.duepart", "shop.documentsending")
    PAGES.register("order", order_by_token)
    second_person.register()
    unallocated_by_two.register()
    credit_by_two.register()
    known()


def order_by_token(parameters: Mapping[str, Any]) -> Seen | None:
    """Return the order that staff opened as its customers do, for the security log."""
    order_id = Order.objects.filter(token=parameters["token"]).values_list("pk", flat=True).first()
    return Seen("order", order_id) if order_id else None


def operator_of_order(order_id: int) -> User | None:
    order = Order.objects.filter(pk=order_id).select_related("operator").first()
    return order.operator if order is not None else None


def names_of_the_seller() -> list[str]:
    return list(ShopIdentity.objects.filter(pk=1).values_list("name", flat=True))


def mails_about(word: str) -> list[Q]:
    """Return the conditions for the mails about the orders, people and accounts in which a word is found."""
    orders = matching(Order.objects.order_by(), word, "search_text").values("pk")
    people = matching(User.objects.order_by(), word, "search_text").values("pk")
    accounts = matching(CustomerAccount.objects.order_by(), word, "search_text").values("pk")
    return [among("order_id", orders), among("person_id", people), among("account_id", accounts)]


def sold_entries(entry_ids: Collection[int]) -> set[int]:
    """Return those of these entries that are on an order line."""
    return set(OrderLine.objects.filter(entry__in=entry_ids).values_list("entry_id", flat=True).distinct())


def has_paid_order(person: Person) -> bool:
    """Tell whether an account of the person has a paid order."""
    return Order.objects.filter(account__memberships__user=person.pk, status__in=CONFIRMED).exists()


def has_paid_money(account_id: int) -> bool:
    """Tell whether money has come for an order of the account; a zero total is no money."""
    return Order.objects.filter(account=account_id, paid_at__isnull=False, gross__gt=0).exists()


def claim_by_link(link: AddressLink, user: User, request: HttpRequest, now: datetime) -> str:
    """Claim a visitor's order for the owner of its address, who has used its link; return the order's URL.

    An order that the same person has claimed by its button meanwhile is no error.
    """
    assert link.order_id is not None
    try:
        order = claim_order(order_id=link.order_id, user=user, now=now)
    except ClaimRefused:
        order = Order.objects.get(pk=link.order_id)
        if order.buyer_id != user.pk:
            raise
    return reverse("order", args=[order.token])
