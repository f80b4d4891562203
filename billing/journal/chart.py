"""Numbers of the accounts in journals: the merchant's, else the usual ones of the French chart (PCG)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from billing.journal.models import ChartAccount
from billing.ledger.models import Account


class Numbered(NamedTuple):
    """Number and label of an account in a journal."""

    number: str
    label: str


# In French, whatever language the reader has: the chart is the law's.
USUAL: Mapping[str, Numbered] = {
    Account.RECEIVABLE: Numbered("411000", "Clients"),
    Account.TO_BE_INVOICED: Numbered("418100", "Clients - factures à établir"),
    Account.SALES: Numbered("706000", "Prestations de services"),
    Account.VAT: Numbered("445710", "TVA collectée"),
    Account.DEPOSITS: Numbered("419100", "Clients - avances et acomptes reçus"),
    Account.IN_TRANSIT: Numbered("580000", "Encaissements en cours"),
    Account.BANK: Numbered("512000", "Banque"),
    Account.FEES: Numbered("627000", "Services bancaires et assimilés"),
    Account.CREDIT: Numbered("419700", "Clients - autres avoirs"),
    Account.UNALLOCATED: Numbered("471000", "Compte d'attente"),
    Account.REFUNDS_OWED: Numbered("467000", "Remboursements dus aux clients"),
    Account.REFUNDS_SENT: Numbered("581000", "Remboursements en cours"),
    Account.WRITTEN_OFF: Numbered("654000", "Pertes sur créances irrécouvrables"),
}


class Chart:
    """Chart of accounts, read once."""

    def __init__(self, rows: Mapping[tuple[str, str], Numbered]) -> None:
        self._rows = rows

    @classmethod
    def read(cls) -> Chart:
        """Read the merchant's chart. One query."""
        rows = ChartAccount.objects.values_list("account", "part", "number", "label")
        return cls({(account, part): Numbered(number, label) for account, part, number, label in rows})

    def of(self, account: str, part: str) -> Numbered:
        """Return the number of an account: of the part as it is, of what stands in front of its colon, of the account
        as a whole, or the usual one."""
        for each in (part, part.partition(":")[0], ""):
            if (account, each) in self._rows:
                return self._rows[account, each]
        return USUAL[account]
