"""The account area's pages about seats."""

from django.urls import path

from enrolments.views import account_area

urlpatterns = [
    path("account/seats/", account_area.seats, name="account-seats"),
    path("account/people/", account_area.people, name="account-people"),
    path("account/sessions/", account_area.sessions, name="account-sessions"),
]
