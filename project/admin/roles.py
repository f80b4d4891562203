"""Ready-made roles of staff: the pages and buttons of each, in one table.

A permission that no role has is offered nowhere. Groups follow this table at each `migrate`.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.staff.roles import ROLES, Role

EVERYTHING = ("view", "add", "change", "delete")


def rights(app: str, verbs: tuple[str, ...], *models: str) -> frozenset[str]:
    """Return Django's own permissions for models of a floor."""
    return frozenset(f"{app}.{verb}_{model}" for verb in verbs for model in models)


LOOK = ("view",)
CATALOGUE = frozenset(
    rights("catalog", EVERYTHING, "entry", "category", "pricetier", "entryfield")
    | rights("catalog", LOOK, "tax")
    | rights("enrolments", ("view", "add", "change"), "course", "coursegroup")
    | rights("enrolments", LOOK, "role")
    | rights("handlers", LOOK, "brokenhook")
)
LOOK_AT_CATALOGUE = rights("catalog", LOOK, "entry", "category", "pricetier", "entryfield")
LOOK_AT_ORDERS = rights("shop", LOOK, "order", "note") | {"shop.add_note"}
LOOK_AT_CUSTOMERS = rights("accounts", LOOK, "customeraccount", "membership", "memberinvitation")
LOOK_AT_SEATS = rights("enrolments", LOOK, "course", "coursegroup", "seat", "seatbatch", "joinlink", "waitingplace")
SALES = frozenset(
    LOOK_AT_CATALOGUE
    | LOOK_AT_ORDERS
    | LOOK_AT_CUSTOMERS
    | LOOK_AT_SEATS
    | rights("shop", LOOK, "payment", "phoneorder")
    | {"shop.change_order", "shop.cancel_order", "shop.enter_order"}
    | {"outbox.view_mail", "outbox.resend_mail"}
)
ACCOUNTING = frozenset(
    LOOK_AT_CATALOGUE
    | LOOK_AT_ORDERS
    | LOOK_AT_CUSTOMERS
    | rights("shop", LOOK, "payment", "paymentevent", "shopidentity", "legaltext", "keptbilling")
    | rights("shop", LOOK, "bankstatement", "statementline", "missingpaper", "duepart", "documentsending")
    | rights("shop", LOOK, "bookexport")
    | rights("catalog", EVERYTHING, "tax")
    | rights("billing", LOOK, "ledgerentry", "closure")
    | rights("billing", EVERYTHING, "chartaccount")
    | rights("documents", LOOK, "document", "numberformats")
    | {"shop.change_order", "shop.confirm_money", "shop.give_back_units", "shop.note_paid_back", "shop.cancel_order"}
    | rights("shop", LOOK, "refund", "secondchargerule", "transferfile", "paymentattempt", "providersettings")
    | rights("shop", LOOK, "platformsettings")
    | {
        "shop.view_paymentplan",
        "shop.add_paymentplan",
        "shop.change_paymentplan",
        "shop.accept_promise",
        "shop.set_terms",
        "billing.close_period",
        "shop.issue_papers",
        "shop.make_bookexport",
        "shop.pause_reminders",
        "shop.correct_papers",
        "shop.send_refund",
        "shop.rule_second_charges",
        "shop.import_statements",
        "shop.deal_with_money",
        "accounts.view_approval",
        "outbox.view_mail",
    }
)
SUPPORT = frozenset(
    LOOK_AT_CATALOGUE
    | LOOK_AT_ORDERS
    | LOOK_AT_CUSTOMERS
    | LOOK_AT_SEATS
    | rights("accounts", ("view", "add", "change"), "user", "membership")
    | {"accounts.change_customeraccount", "accounts.delete_membership"}
    | rights("accounts", LOOK, "delegation", "addresslink")
    | rights("enrolments", ("view", "add", "change"), "coursegroup", "enrolment")
    | rights("enrolments", LOOK, "role", "peoplelist")
    | {"enrolments.give_seats", "enrolments.lift_move_limit"}
    | {"shop.change_order", "handlers.view_brokenhook"}
    | {"outbox.view_mail", "outbox.resend_mail", "outbox.view_job", "outbox.retry_job"}
)
ADMINISTRATOR = frozenset(
    CATALOGUE
    | SALES
    | ACCOUNTING
    | SUPPORT
    | rights("accounts", ("add", "change"), "customeraccount")
    | rights("enrolments", EVERYTHING, "role")
    | rights("shop", ("view", "change"), "shopidentity", "providersettings", "platformsettings")
    | {"documents.change_numberformats"}
    | rights("shop", EVERYTHING, "legaltext")
    | rights("auth", EVERYTHING, "group")
    | {"accounts.give_rights", "accounts.take_factor_away", "accounts.view_securityevent", "handlers.delete_brokenhook"}
    | {"accounts.view_erasurerequest", "accounts.erase_people"}
)

TABLE = (
    Role(
        "catalogue",
        pgettext_lazy("role of staff", "Catalogue"),
        _("Writes entries, prices, categories, courses and groups; sees no customer and no order."),
        CATALOGUE,
    ),
    Role(
        "sales",
        pgettext_lazy("role of staff", "Sales"),
        _("Enters orders by telephone, corrects billing data, cancels unpaid orders; confirms no money."),
        SALES,
    ),
    Role(
        "accounting",
        pgettext_lazy("role of staff", "Accounting"),
        _(
            "Confirms money, accepts promises and agrees terms, gives units back, sends money back or notes it as paid "
            "back, keeps the taxes, makes exports for the accountant."
        ),
        ACCOUNTING,
    ),
    Role(
        "support",
        pgettext_lazy("role of staff", "Support"),
        _("Helps people and customers with their access, seats, courses and mails; moves no money."),
        SUPPORT,
    ),
    Role(
        "administrator",
        pgettext_lazy("role of staff", "Administrator"),
        _("Has all pages and buttons, writes the seller and legal texts, and gives roles to others."),
        ADMINISTRATOR,
    ),
)


def register() -> None:
    for role in TABLE:
        ROLES.register(role.code, role)
