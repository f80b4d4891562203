from django.utils.translation import gettext_lazy as _

from common import floors


class BillingConfig(floors.Floor):
    name = "billing"
    verbose_name = _("Books")
    rooms = ("ledger", "closures", "journal")

    def ready(self) -> None:
        super().ready()
        from accounts.members.absorb import NAMED_FOR_GOOD
        from billing.ledger.selectors import has_entries

        NAMED_FOR_GOOD.add(has_entries)
