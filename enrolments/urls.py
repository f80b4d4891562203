"""Addresses of the account area's pages about seats, sessions and people."""

from django.urls import include, path

from enrolments.people import views as people
from enrolments.seats import list_views as account_area
from enrolments.seats import views as seats
from enrolments.sessions import views as sessions

of_account = [
    path("seats/", account_area.seats, name="account-seats"),
    path("seats/counts/", account_area.counts, name="account-seat-counts"),
    path("seats/<int:seat_id>/", seats.seat, name="account-seat"),
    path("seats/<int:seat_id>/release/", seats.release, name="account-seat-release"),
    path("people/", account_area.people, name="account-people"),
    path("people/<int:delegation_id>/", people.person, name="account-person"),
    path("people/<int:delegation_id>/mail/", people.mail, name="account-person-mail"),
    path("sessions/", account_area.sessions, name="account-sessions"),
    path("sessions/<int:session_id>/", sessions.session, name="account-session"),
]

urlpatterns = [path("account/<int:number>/", include(of_account))]
