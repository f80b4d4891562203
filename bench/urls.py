"""The shop's addresses, and below /constant/ its pages filled from constants."""

from django.urls import include, path

from bench.constants import constant
from shop.cart import views as cart
from shop.pages import views as storefront

handler500 = "project.error_pages.server_error"

urlpatterns = [
    path("constant/", constant(storefront.home, storefront)),
    path("constant/e/<str:code>/", constant(storefront.entry, storefront)),
    path("constant/cart/", constant(cart.cart, cart)),
    path("", include("project.urls")),
]
