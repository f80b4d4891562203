"""The addresses a customer visits."""

from django.urls import path

from shop.views import storefront

urlpatterns = [
    path("", storefront.home, name="home"),
    path("c/<slug:slug>/", storefront.category, name="category"),
    path("e/<str:code>/", storefront.entry, name="entry"),
    path("legal/<slug:kind>/", storefront.legal, name="legal"),
    path("cart/", storefront.home, name="cart"),
]
