from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from common import floors


class EnrolmentsConfig(floors.Floor):
    name = "enrolments"
    verbose_name = _("Enrolments")
    rooms = (
        "courses",
        "courses.roles",
        "courses.groups",
        "courses.places",
        "grounds",
        "events",
        "seats.batches",
        "seats",
        "seats.history",
        "runs",
        "extension",
        "endings",
        "sessions",
        "overview",
        "people",
        "teams",
        "learning",
        "lists",
        "reminders",
        "joining",
        "requests",
        "calendar",
        "waiting",
    )

    def ready(self) -> None:
        super().ready()
        # Made after every migrate, like Django's permissions, so that the standing rows exist whatever migrations ran,
        # and after a flush too.
        from enrolments.courses.roles.standing import make_standing_roles

        post_migrate.connect(make_standing_roles, sender=self)

        from accounts.members.history.services import DOWNLOADS
        from accounts.members.history.sources import Source, add_source
        from accounts.members.lost_rights import on_right_lost
        from accounts.members.navigation import AreaLink, add_area_link
        from accounts.members.notices.digest import SECTIONS, Section
        from accounts.members.overview import Card, add_card
        from accounts.members.rights import Right
        from accounts.members.waiting import Waiting, add_waiting
        from accounts.people.changes import FOLLOWERS
        from accounts.people.closing import on_closed
        from accounts.security_log.viewing import add_admin_pages
        from enrolments.events.services import person_changed
        from enrolments.grounds.supervise import (
            end_what_an_operator_got,
            end_what_operators_got,
            lock_what_an_operator_got,
            lock_what_operators_got,
        )
        from enrolments.joining.deeds import codes_withdrawn, links_made, links_withdrawn
        from enrolments.overview.cards import seats_card, sessions_card
        from enrolments.overview.coming import sessions_to_come
        from enrolments.people.deeds import detachments
        from enrolments.people.waiting import not_accepted
        from enrolments.requests.deeds import answers_to_requests
        from enrolments.requests.waiting import open_requests
        from enrolments.seats.deeds import moves_of_seats
        from enrolments.seats.waiting import blanks_of_sessions, seats_about_to_end
        from enrolments.waiting.deeds import places_waited_for
        from enrolments.waiting.overview import places_kept

        FOLLOWERS.add(person_changed)
        add_admin_pages("enrolments.enrolment", "enrolments.seat", "enrolments.seatbatch", "enrolments.coursegroup")
        add_admin_pages("enrolments.peoplelist", "enrolments.joinlink", "enrolments.waitingplace")
        on_right_lost(Right.MANAGE_SEATS, lock=lock_what_operators_got, end=end_what_operators_got)
        on_closed(lock=lock_what_an_operator_got, end=end_what_an_operator_got)

        DESK = {Right.MANAGE_SEATS, Right.MANAGE_PEOPLE, Right.WORK_IN_PART}
        add_area_link(AreaLink("account-seats", _("Seats"), rights=DESK, position=20))
        add_area_link(AreaLink("account-sessions", _("Sessions"), rights=DESK, position=30))
        add_area_link(AreaLink("account-requests", _("Requests"), rights=DESK, position=32))
        add_area_link(AreaLink("account-waiting", _("Waiting lists"), rights={Right.MANAGE_SEATS}, position=33))
        add_area_link(AreaLink("account-calendar", _("Calendar"), rights=DESK, position=35))
        add_area_link(AreaLink("account-people", _("People"), rights=DESK, position=40))
        add_area_link(AreaLink("account-endings", _("Who ends when"), rights=DESK, position=42))
        add_area_link(AreaLink("account-teams", _("Teams"), rights={Right.MANAGE_PEOPLE}, position=45))

        add_card(Card("seats", seats_card, rights=DESK, position=10))
        add_card(Card("sessions", sessions_card, rights=DESK, position=20))
        SECTIONS.register(
            "sessions",
            Section("sessions", _("Sessions of the next weeks"), sessions_to_come, rights=DESK),
        )
        add_source(Source("seats", moves_of_seats, position=20))
        add_source(Source("detachments", detachments, position=25))
        add_source(Source("requests", answers_to_requests, position=27))
        add_source(Source("join links made", links_made, position=28))
        add_source(Source("join links withdrawn", links_withdrawn, position=29))
        add_source(Source("join codes withdrawn", codes_withdrawn, position=30))
        add_source(Source("waiting lists", places_waited_for, position=31))
        DOWNLOADS.register("result of a list", _("Result of a list of people"))
        DOWNLOADS.register("result of an act", _("Result of an act on many seats"))
        DOWNLOADS.register("people", _("People"))
        DOWNLOADS.register("endings", _("Who ends when"))
        add_waiting(Waiting("places kept", places_kept, rights={Right.MANAGE_SEATS}, position=22))
        add_waiting(Waiting("requests", open_requests, rights=DESK, position=25))
        add_waiting(Waiting("seats about to end", seats_about_to_end, rights=DESK, position=30))
        add_waiting(Waiting("seats to fill", blanks_of_sessions, rights=DESK, position=40))
        add_waiting(Waiting("not accepted", not_accepted, rights=DESK, position=50))
