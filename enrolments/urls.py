"""Addresses of the account area's pages about seats, sessions and people."""

from django.urls import path

from enrolments.people import views as people
from enrolments.seats import list_views as account_area
from enrolments.seats import views as seats
from enrolments.sessions import views as sessions

urlpatterns = [
    path("account/seats/", account_area.seats, name="account-seats"),
    path("account/seats/counts/", account_area.counts, name="account-seat-counts"),
    path("account/seats/<int:seat_id>/", seats.seat, name="account-seat"),
    path("account/seats/<int:seat_id>/release/", seats.release, name="account-seat-release"),
    path("account/people/", account_area.people, name="account-people"),
    path("account/people/<int:person_id>/", people.person, name="account-person"),
    path("account/people/<int:person_id>/mail/", people.mail, name="account-person-mail"),
    path("account/sessions/", account_area.sessions, name="account-sessions"),
    path("account/sessions/<int:session_id>/", sessions.session, name="account-session"),
]
