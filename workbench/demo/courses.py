"""The demo's courses: open ones and closed ones, with and without capacity and separate groups."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from enrolments.courses.models import Course
from enrolments.courses.services import save_course

NANTES = ("Centre de Nantes, salle Loire", "Nantes centre, Loire room")
RENNES = ("Centre de Rennes, atelier 2", "Rennes centre, workshop 2")
ONLINE = ("En ligne", "Online")
VENUES = {NANTES: ("Nantes", "Nantes"), RENNES: ("Rennes", "Rennes"), ONLINE: ONLINE}

# Nobody sees the people of another group: in the customer corner, which has no groups, nobody else at all.
SEPARATE = {"group_mode": "separate"}

# Short name, French name, English name, place, and special values.
COURSES: tuple[tuple[str, str, str, tuple[str, str], dict[str, Any]], ...] = (
    ("SEC-SST", "Sauveteur secouriste du travail", "First aider at work", NANTES, SEPARATE),
    ("SEC-INC", "Équipier de première intervention incendie", "Fire warden", NANTES, {"capacity": 40}),
    ("SEC-GEP", "Gestes et postures", "Safe lifting and posture", RENNES, {}),
    ("SEC-EVA", "Guide d’évacuation", "Evacuation guide", NANTES, {"days": (-400, -15)}),
    ("SEC-CAC", "Conduite de chariot élévateur", "Forklift driving", RENNES, {"is_visible": False}),
    ("ELEC-H0B0", "Habilitation électrique H0-B0", "Electrical authorisation H0-B0", NANTES, {"capacity": 60}),
    ("ELEC-BR", "Habilitation électrique BR", "Electrical authorisation BR", RENNES, SEPARATE),
    ("ELEC-REC", "Recyclage habilitation électrique", "Electrical authorisation refresher", NANTES, {"closed": True}),
    ("BUR-EXCEL", "Tableur : des formules aux tableaux croisés", "Spreadsheets: from formulas to pivots", ONLINE, {}),
    ("BUR-DOC", "Traitement de texte : documents longs", "Word processing: long documents", ONLINE, {}),
    ("BUR-DEC", "Découverte de la plateforme", "Discovering the platform", ONLINE, {}),
    (
        "MAN-EQU",
        "Animer son équipe au quotidien",
        "Leading a team day by day",
        RENNES,
        {"group_mode": "visible", "days": (21, 330)},
    ),
    ("MAN-CON", "Prévenir et gérer les conflits", "Preventing and handling conflict", NANTES, {"capacity": 24}),
    ("WEB-ACCUEIL", "Webinaire d’accueil des responsables", "Welcome webinar for leaders", ONLINE, {"capacity": 200}),
    ("SUPPORT", "Espace clients : poser une question", "Customer corner: ask a question", ONLINE, SEPARATE),
)


def make_courses(today: date) -> dict[str, Course]:
    """Make the courses; dates count from today, so that the demo never grows old. Returns them by short name."""
    return {row[0]: _make(row, today) for row in COURSES}


def _make(row: tuple[str, str, str, tuple[str, str], dict[str, Any]], today: date) -> Course:
    short_name, french, english, place, special = row
    special = dict(special)
    is_closed = special.pop("closed", False)
    first, last = special.pop("days", (-400, 330))
    course = Course(
        short_name=short_name,
        name_fr=french,
        name_en=english,
        place_fr=place[0],
        place_en=place[1],
        venue_fr=VENUES[place][0],
        venue_en=VENUES[place][1],
        link=f"https://learn.example.org/{short_name.lower()}",
        first_day=today + timedelta(days=first),
        last_day=today + timedelta(days=last),
        enrolment_closes_on=today + timedelta(days=-1 if is_closed else last - 30),
        **special,
    )
    save_course(course=course)
    return course
