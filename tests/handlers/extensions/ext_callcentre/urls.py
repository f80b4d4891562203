from django.urls import path

from .views import hours

urlpatterns = [path("hours/", hours, name="hours")]
