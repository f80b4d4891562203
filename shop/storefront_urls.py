"""The addresses a customer visits."""

from django.urls import path

from shop.views import cart, storefront
from shop.views.checkout import details, review, units

urlpatterns = [
    path("", storefront.home, name="home"),
    path("c/<slug:slug>/", storefront.category, name="category"),
    path("e/<str:code>/", storefront.entry, name="entry"),
    path("legal/<slug:kind>/", storefront.legal, name="legal"),
    path("cart/", cart.cart, name="cart"),
    path("checkout/", details.start, name="checkout"),
    path("checkout/units/", units.units, name="checkout-units"),
    path("checkout/details/", details.details, name="checkout-details"),
    path("checkout/review/", review.review, name="checkout-review"),
]
