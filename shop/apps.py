from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from common import floors


class ShopConfig(floors.Floor):
    name = "shop"
    verbose_name = _("Shop")
    rooms = (
        "seller",
        "cart",
        "checkout",
        "vat_ids",
        "orders",
        "orders.lines",
        "orders.history",
        "orders.giving_back",
        "orders.copied",
        "more",
        "from_list",
        "phone_orders",
        "notes",
        "payments",
        "payments.statements",
        "payments.configured",
        "payments.attempts",
        "payments.refund_calls",
        "payments.charge_backs",
        "payments.requests",
        "payments.receipts",
        "payments.saved_cards",
        "payments.plans",
        "payments.due",
        "payments.refunds",
        "payments.second_charges",
        "payments.transfers_back",
        "payments.on_account",
        "payments.credit",
        "papers",
        "papers.platforms",
        "postings",
        "books",
        "trial",
        "renewal",
        "withdrawal",
        "cancelling",
        "pages",
    )

    def ready(self) -> None:
        super().ready()
        from shop import wiring
        from shop.payments.configured.standing import make_rows

        wiring.connect()
        post_migrate.connect(make_rows, sender=self)
