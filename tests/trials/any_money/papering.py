"""Steps about papers: words that an invoice needs and the seller lacks, papers issued by hand, and corrections."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from documents.invoices.values import from_data
from documents.issued.models import Document
from shop.papers.credit_notes.correcting import correct_document
from shop.papers.credit_notes.details import BillingDetails
from shop.papers.credit_notes.rests import rests_of
from shop.papers.models import MissingPaper
from shop.papers.services import issue_by_hand
from shop.seller.models import ShopIdentity
from tests.shop.papers.given import SELLER
from tests.trials.any_money.frame import Frame, one_of, some, which_order


class Papering(Frame):
    """Steps of the merchant about papers."""

    @rule(lacks=st.booleans())
    def seller(self, lacks: bool) -> None:
        """Take away what an invoice must say of the seller, or say it again."""
        with self.step(f"the seller {'lacks a city' if lacks else 'is complete'}"):
            ShopIdentity.objects.update(city="" if lacks else SELLER["city"])

    @precondition(lambda self: MissingPaper.objects.exists())
    @rule(n=which_order)
    def by_hand(self, n: int) -> None:
        with self.step("issue what is missing by hand"):
            issue_by_hand(order_id=self.order(n).pk, **self.by_merchant)

    @precondition(lambda self: Document.objects.exists())
    @rule(n=which_order, m=some, city=st.sampled_from(["Brest", "Rennes"]))
    def correct(self, n: int, m: int, city: str) -> None:
        """Correct one of the invoices of an order of which something is left."""
        order = self.order(n)
        rests = rests_of(order.pk)
        with self.step("correct an invoice"):
            if rests:
                wrong = Document.objects.get(pk=one_of(list(rests), m))
                correct_document(
                    order_id=order.pk,
                    document_id=wrong.pk,
                    details=replace(BillingDetails.of(from_data(wrong.data)), city=city),
                    rest=sum((rest.gross for rest in rests[wrong.pk].values()), Decimal(0)),
                    reason="Typed wrong",
                    **self.by_merchant,
                )
