"""10. The entry's form in the administration, against a page of the shop filled from constants."""

from __future__ import annotations

from bench.harness import Report, in_turns, processor_seconds
from bench.inside import Shop
from bench.servers import YOUNG
from bench.sizes import Sizes
from bench.world import PACK
from catalog.models.entries import Entry

# By processor time. The form takes as long as 18 of the pages; it once took as long as 40 of these.
BARE_AT_MOST = 20.0
PAGES = 10


def measure(report: Report, sizes: Sizes) -> None:
    shop = Shop(YOUNG)
    with shop.open():
        address, constant = f"/admin/catalog/entry/{Entry.objects.get(code=PACK).pk}/change/", f"/constant/e/{PACK}/"

        def form() -> dict[str, float]:
            return {"form": processor_seconds(lambda: shop.show_merchant(address))}

        def pages() -> None:
            for _page in range(PAGES):
                shop.show_visitor(constant)

        def page() -> dict[str, float]:
            return {"page": processor_seconds(pages) / PAGES}

        found = in_turns(form, page, rounds=sizes.rounds)
    report.compare(
        "entry's form in the administration / entry page filled from constants",
        found["form"],
        "s",
        reference=found["page"],
        limit=BARE_AT_MOST,
    )
