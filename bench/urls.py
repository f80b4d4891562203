"""The shop's addresses, and below /constant/ its pages filled from constants."""

from django.urls import include, path

from bench.constants import constant
from shop.views import cart, storefront

handler500 = "shop.views.errors.server_error"

urlpatterns = [
    path("constant/", constant(storefront.home, storefront)),
    path("constant/e/<str:code>/", constant(storefront.entry, storefront)),
    path("constant/cart/", constant(cart.cart, cart)),
    path("", include("shop.urls")),
]
