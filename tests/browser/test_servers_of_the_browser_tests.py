"""Both kinds of shop are reached by the browser."""


def test_the_live_shop_answers_in_the_browser(page):
    page.goto("/healthz")

    assert '"status": "ok"' in page.content()


def test_the_running_shop_answers_in_the_browser(shop_page, running_shop):
    shop_page.goto("/readyz")

    assert '"migrations": "ok"' in shop_page.content()
    assert all(child.is_running for child in running_shop.children.values())
