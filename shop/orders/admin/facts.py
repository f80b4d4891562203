"""Facts of an order and of its customer, as its page tells them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from catalog.sold_taxes import tax_sums
from common.admin.display import NOTHING, admin_link, amount, moment
from common.templatetags.money import percent
from shop.orders.admin.wording import entered_in_words
from shop.orders.copied.sight import closed_in_words, copied_for
from shop.orders.giving_back.units import WentBack
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.orders.standing import Sums, standing_of
from shop.payments.pieces import pieces_in_words, pieces_of
from shop.payments.registry import method_label
from shop.seller.frozen import seller_of
from shop.vat_ids.selectors import check_of
from shop.vat_ids.words import check_in_words

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class MoneySums(WentBack, Sums):
    """Columns added to an order by `order_with_account`: its sums in the ledger."""


def facts_of(
    order: WithAnnotations[Order, MoneySums], lines: Sequence[OrderLine], viewer: User
) -> list[tuple[str | Promise, str | SafeString]]:
    owed, paid_back = order.owed_back, order.went_back - order.lowered_back - order.owed_back
    standing = standing_of(order)
    facts: list[tuple[str | Promise, str | SafeString]] = [
        (_("Total"), amount(order.gross, order.currency)),
        (_("of which tax"), amount(order.tax, order.currency)),
        *_taxes(order, lines),
        *([(_("To be paid back"), amount(owed, order.currency))] if owed else []),
        *([(_("Paid back"), amount(paid_back, order.currency))] if paid_back else []),
        *([(_("Still to be paid"), amount(standing.owed, order.currency))] if standing.owed else []),
        *pieces_in_words(pieces_of(order)),
        (_("Payment method"), method_label(order.method) if order.method else _("not chosen yet")),
        (_("Placed"), moment(order.placed_at)),
    ]
    if order.status == Order.Status.PLACED:
        facts.append((_("Unpaid until"), moment(order.expires_at)))
        if order.has_lost_places:
            facts.append((_("Places"), _("free for others since %(at)s") % {"at": moment(order.places_released_at)}))
    facts += [(_("Confirmed on"), moment(order.paid_at)), (_("Completed"), moment(order.completed_at))]
    if order.terms is not None:
        facts.append((_("Terms accepted"), admin_link(viewer, type(order.terms), order.terms.pk, order.terms)))
    else:
        facts.append((_("Terms accepted"), _("no terms were published")))
    if order.start_at_once_at:
        facts.append((_("Asked to start at once"), moment(order.start_at_once_at)))
    if order.withdrawal_waived_at:
        facts.append((_("Digital content asked for at once"), moment(order.withdrawal_waived_at)))
    if (entered := entered_in_words(order)) is not None:
        facts.append((_("Entered by staff"), entered))
    seller = seller_of(order)
    facts.append((_("Sold by"), "\n".join(seller.address.lines) or NOTHING))
    return facts


def _taxes(order: Order, lines: Sequence[OrderLine]) -> list[tuple[str, str]]:
    """Return the tax of each rate, and on which net; nothing where there is one."""
    sums = tax_sums(lines)
    if len(sums) == 1:
        return []
    return [
        (
            _("Tax %(rate)s on %(base)s") % {"rate": percent(each.tax.rate), "base": amount(each.net, order.currency)},
            " · ".join(filter(None, (amount(each.amount, order.currency), each.tax.mention))),
        )
        for each in sums
    ]


def facts_of_customer(order: Order, viewer: User) -> list[tuple[str | Promise, str | SafeString]]:
    copied, closed = copied_for(order, viewer), closed_in_words(order)
    contact = (
        f"{copied.contact_name}\n{copied.contact_email}".strip() or _("a person who was erased") if copied else closed
    )
    facts: list[tuple[str | Promise, str | SafeString]] = [
        (_("Customer account"), admin_link(viewer, CustomerAccount, order.account_id, order.account)),
        (_("Claimed"), moment(order.claimed_at) if order.is_claimed else _not_claimed(order)),
        (_("Buys as"), str(order.bought_by.label)),
        (_("Contact"), contact),
        (_("Buyer"), person_link(order.buyer, viewer)),
        (_("Operator"), person_link(order.operator, viewer)),
        (_("Billed to"), "\n".join(copied.billing_address.lines) if copied else closed),
    ]
    if copied is None:
        return facts
    for label, text in (
        (_("SIRET or registration number"), copied.register_number),
        (_("VAT number"), copied.vat_id),
        (_("VIES"), check_in_words(check) if copied.vat_id and (check := check_of(order)) else ""),
        (_("Service code"), copied.service_code),
        (_("Commitment number"), copied.commitment_number),
        (_("Payer’s address"), copied.payer_email),
        (_("Purchase-order reference"), copied.purchase_reference),
        (_("For accounting alone since"), moment(order.sealed_at) if closed else ""),
    ):
        if text:
            facts.append((label, text))
    return facts


def _not_claimed(order: Order) -> str:
    if order.address_proved_at is None:
        return _("not yet: nobody has proved the address")
    return _("not yet; the address was proved on %(at)s") % {"at": moment(order.address_proved_at)}


def person_link(person: User | None, viewer: User) -> SafeString | str:
    return admin_link(viewer, User, person.pk, person.get_full_name()) if person else NOTHING
