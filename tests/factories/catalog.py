"""Things to sell, for tests."""

from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone

from billing.taxes.deciding import Supply
from billing.taxes.kinds import Exemption, TaxKind
from catalog.models.categories import Category
from catalog.models.entries import Entry, EntryState, PriceTier, Vocational
from catalog.models.taxes import Tax


class TaxFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Tax

    name_en = factory.Sequence(lambda n: f"VAT {n}")
    name_fr = factory.Sequence(lambda n: f"TVA {n}")
    rate = Decimal("20.00")
    kind = factory.LazyAttribute(lambda tax: TaxKind.STANDARD if Decimal(tax.rate) else TaxKind.EXEMPT)
    exemption = factory.LazyAttribute(lambda tax: Exemption.TRAINING if tax.kind == TaxKind.EXEMPT else "")


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Category

    slug = factory.Sequence(lambda n: f"shelf-{n}")
    name_en = factory.Sequence(lambda n: f"Shelf {n}")
    name_fr = factory.Sequence(lambda n: f"Rayon {n}")


class EntryFactory(factory.django.DjangoModelFactory):
    """Available entry at 100.00 net; `tiers={1: "100.00", 10: "80.00"}` for other prices."""

    class Meta:
        model = Entry
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"ENTRY-{n}")
    category = factory.SubFactory(CategoryFactory)
    tax = factory.SubFactory(TaxFactory)
    name_en = factory.Sequence(lambda n: f"Entry {n}")
    name_fr = factory.Sequence(lambda n: f"Article {n}")
    state = EntryState.AVAILABLE
    vocational = Vocational.NO
    supply = Supply.ON_SITE
    created_at = factory.LazyFunction(timezone.now)
    updated_at = factory.SelfAttribute("created_at")

    @classmethod
    def _create(cls, model_class: type[Entry], *args: Any, **kwargs: Any) -> Entry:
        from catalog.services.derived import fill_derived

        entry = model_class(*args, **kwargs)
        fill_derived(entry)
        entry.save()
        return entry

    @factory.post_generation
    def tiers(self: Entry, create: bool, extracted: dict[int, str] | None, **_: Any) -> None:
        prices = {1: "100.00"} if extracted is None else extracted
        PriceTier.objects.bulk_create(
            PriceTier(entry=self, from_quantity=quantity, unit_net=Decimal(price)) for quantity, price in prices.items()
        )
