"""Addresses of the account area's pages about seats, sessions and people, and of a person's requests."""

from django.urls import include, path, re_path

from enrolments.calendar import views as calendar
from enrolments.endings import views as endings
from enrolments.joining import desk_views as join_links
from enrolments.joining import views as joining
from enrolments.lists import views as lists
from enrolments.people import list_views as people_lists
from enrolments.people import many_views as many_people
from enrolments.people import views as people
from enrolments.requests import views as requests
from enrolments.runs import views as runs
from enrolments.seats import list_views as account_area
from enrolments.seats import many_views as many_seats
from enrolments.seats import move_views as moves
from enrolments.seats import replace_views as replace
from enrolments.seats import views as seats
from enrolments.sessions import views as sessions
from enrolments.teams import limit_views as limits
from enrolments.teams import views as teams
from enrolments.waiting import views as waiting

of_account = [
    path("seats/", account_area.seats, name="account-seats"),
    path("seats/counts/", account_area.counts, name="account-seat-counts"),
    path("seats/many/", many_seats.many, name="account-seats-many"),
    path("seats/runs/", runs.runs, name="account-runs"),
    path("seats/runs/<int:run_id>/", runs.run, name="account-run"),
    path("seats/runs/<int:run_id>/state/", runs.state, name="account-run-state"),
    re_path(r"^seats/runs/(?P<run_id>[0-9]{1,18})/result\.(?P<kind>csv|xlsx)$", runs.result, name="account-run-result"),
    path("seats/<int:seat_id>/", seats.seat, name="account-seat"),
    path("seats/<int:seat_id>/release/", seats.release, name="account-seat-release"),
    path("seats/<int:seat_id>/move/", moves.move, name="account-seat-move"),
    path("seats/<int:seat_id>/replace/", replace.seat, name="account-seat-replace"),
    path("people/", people_lists.people, name="account-people"),
    re_path(r"^people/export\.(?P<kind>csv|xlsx)$", people_lists.export, name="account-people-export"),
    path("endings/", endings.account_endings, name="account-endings"),
    re_path(r"^endings/export\.(?P<kind>csv|xlsx)$", endings.export, name="account-endings-export"),
    path("people/chosen/", many_people.chosen, name="account-people-chosen"),
    path("people/many/", many_people.many, name="account-people-many"),
    path("people/team/", teams.people, name="account-people-team"),
    path("people/<int:delegation_id>/", people.person, name="account-person"),
    path("people/<int:delegation_id>/mail/", people.mail, name="account-person-mail"),
    path("people/<int:delegation_id>/detach/", people.detach, name="account-person-detach"),
    path("members/<int:membership_id>/limits/", limits.limits, name="account-member-limits"),
    path("teams/", teams.teams, name="account-teams"),
    path("teams/<int:team_id>/", teams.team, name="account-team"),
    path("teams/<int:team_id>/seats/", teams.seats, name="account-team-seats"),
    path("teams/<int:team_id>/remove/", teams.remove, name="account-team-remove"),
    path("people/<int:delegation_id>/replace/", replace.person, name="account-person-replace"),
    path("lists/", lists.lists, name="account-lists"),
    path("lists/new/", lists.new_list, name="account-list-new"),
    re_path(r"^lists/template\.(?P<kind>csv|xlsx)$", lists.template, name="account-list-template"),
    re_path(r"^lists/(?P<list_id>[0-9]{1,18})/result\.(?P<kind>csv|xlsx)$", lists.result, name="account-list-result"),
    path("lists/<int:list_id>/", lists.people_list, name="account-list"),
    path("lists/<int:list_id>/state/", lists.state, name="account-list-state"),
    path("lists/<int:list_id>/start/", lists.start, name="account-list-start"),
    path("lists/<int:list_id>/again/", lists.judge, name="account-list-judge"),
    path("lists/<int:list_id>/discard/", lists.discard, name="account-list-discard"),
    path("lists/<int:list_id>/rows/<int:line>/", lists.row, name="account-list-row"),
    path("join-links/", join_links.links, name="account-join-links"),
    path("join-links/new/", join_links.new_link, name="account-join-link-new"),
    path("join-links/<int:link_id>/", join_links.link, name="account-join-link"),
    path("join-links/<int:link_id>/codes/", join_links.codes, name="account-join-link-codes"),
    path("join-links/<int:link_id>/withdraw-code/", join_links.withdraw_code, name="account-join-link-code"),
    path("join-links/<int:link_id>/revoke/", join_links.revoke, name="account-join-link-revoke"),
    path("requests/", requests.requests, name="account-requests"),
    path("requests/<int:request_id>/", requests.course_request, name="account-request"),
    path("waiting/", waiting.account_waiting, name="account-waiting"),
    path("calendar/", calendar.month, name="account-calendar"),
    path("calendar/link/", calendar.account_link, name="account-calendar-link"),
    path("sessions/", account_area.sessions, name="account-sessions"),
    path("sessions/<int:session_id>/", sessions.session, name="account-session"),
]

urlpatterns = [
    path("requests/", requests.my_requests, name="my-requests"),
    path("account/<int:number>/", include(of_account)),
    path("waiting/code/", waiting.code, name="waiting-code"),
    path("waiting/course/<str:short_name>/", waiting.wait, name="wait"),
    path("waiting/<str:token>/", waiting.place, name="waiting-place"),
    path("join/", joining.start, name="join"),
    path("join/done/", joining.done, name="join-done"),
    path("join/<str:token>/", joining.link, name="join-link"),
    path("join/<str:token>/code/", joining.code, name="join-code"),
    path("calendar/own/", calendar.own_link, name="calendar-own"),
    path("calendar/<str:token>.ics", calendar.feed, name="calendar-feed"),
]
