"""URLs of a shop that has chosen Lyra: its own page is routed."""

from django.urls import include, path

from project.urls import handler429 as handler429
from project.urls import handler500 as handler500
from project.urls import urlpatterns as everything

urlpatterns = [path("payments/lyra/", include("shop.payments.providers.lyra.urls")), *everything]
