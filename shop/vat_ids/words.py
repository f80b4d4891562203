"""Answers of VIES in words, for the pages of the administration."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.members.models import CustomerAccount
from common.admin.display import moment
from shop.vat_ids.models import VatCheck
from shop.vat_ids.selectors import TO_TELL, last_check_of


def check_in_words(check: VatCheck) -> str:
    """Return state, time and consultation number of a check, and when somebody looked at one that asks for it."""
    said = [_answer(check)]
    if check.state in TO_TELL:
        said.append(_("the order keeps the tax with which it was placed"))
    if check.looked_at:
        said.append(_("looked at on %(at)s") % {"at": moment(check.looked_at)})
    return " · ".join(said)


def vat_id_of_account(request: HttpRequest, account: CustomerAccount) -> str:
    """Draw the last answer about an account's VAT number; nothing if there is none."""
    check = last_check_of(account.vat_id) if account.vat_id and request.user.has_perm("shop.view_order") else None
    if check is None:
        return ""
    said = {"number": account.vat_id, "answer": _answer(check)}
    return render_to_string("vat_ids/admin/account.html", said)


def _answer(check: VatCheck) -> str:
    said = [str(check.get_state_display()), moment(check.answered_at or check.asked_at)]
    if check.consultation_number:
        said.append(_("consultation number %(number)s") % {"number": check.consultation_number})
    return " · ".join(said)
