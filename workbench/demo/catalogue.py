"""The demo's catalogue: entries over all handlers, with price tiers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from billing.taxes.kinds import Exemption, TaxKind
from catalog.models.categories import Category
from catalog.models.entries import Entry
from catalog.models.entry_fields import EntryField
from catalog.models.taxes import Tax
from catalog.services.entries import save_entry
from catalog.services.taxes import save_tax
from handlers.asked_fields import FieldKind
from handlers.registry import handler_for

CATEGORIES = (
    ("securite", "Santé et sécurité", "Health and safety", None),
    ("electricite", "Habilitations électriques", "Electrical authorisations", "securite"),
    ("bureautique", "Bureautique", "Office software", None),
    ("management", "Management", "Management", None),
    ("formules", "Formules et packs", "Packs", None),
)


@dataclass(frozen=True)
class DemoEntry:
    """One entry; prices are net, by the quantity from which they hold."""

    code: str
    category: str
    name: tuple[str, str]
    summary: tuple[str, str]
    prices: dict[int, str]
    handler: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    # Parameters that are moments: days from today and time, so that the demo never grows old.
    moments: dict[str, tuple[int, str]] = field(default_factory=dict)
    tax: str = "standard"
    # Fields asked for each unit, besides the handler's.
    asks: tuple[EntryField, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)


def _asked(name: str, kind: FieldKind, label: tuple[str, str], help: tuple[str, str], **more: Any) -> EntryField:
    texts = {"label_fr": label[0], "label_en": label[1], "help_fr": help[0], "help_en": help[1]}
    return EntryField(name=name, kind=kind, **texts, **more)


SIZES = [
    {"value": "s", "label": {"fr": "S (36 à 40)", "en": "S (36 to 40)"}},
    {"value": "m", "label": {"fr": "M (42 à 44)", "en": "M (42 to 44)"}},
    {"value": "l", "label": {"fr": "L (46 à 50)", "en": "L (46 to 50)"}},
    {"value": "xl", "label": {"fr": "XL (52 et plus)", "en": "XL (52 and more)"}},
]

ONLINE_AT_LEISURE = {"vocational": "no", "supply": "on_demand"}

ENTRIES = (
    DemoEntry(
        "SST-SESSION",
        "securite",
        ("Session SST", "First aid session"),
        (
            "Une session de secourisme pour votre équipe : vous déclarez les participants, nous ouvrons le groupe.",
            "A first aid session for your team: you name the participants, we open the group.",
        ),
        {1: "185.00", 6: "160.00", 10: "140.00"},
        "std_setuponecoursesession",
        {"coursename": "SEC-SST", "freetutors": "1", "customersupport": "SUPPORT", "qualification": "24"},
        asks=(
            _asked(
                "regime",
                FieldKind.LONG_TEXT,
                ("Régime alimentaire ou allergies", "Diet or allergies"),
                ("Le déjeuner est compris.", "Lunch is included."),
                max_length=300,
            ),
        ),
    ),
    DemoEntry(
        "ELEC-SESSION",
        "electricite",
        ("Session habilitation H0-B0", "H0-B0 authorisation session"),
        (
            "L’habilitation électrique H0-B0 pour un groupe, avec son suivi en ligne.",
            "The H0-B0 electrical authorisation for a group, with its online part.",
        ),
        {1: "210.00", 8: "189.00"},
        "std_setuponecoursesession",
        {"coursename": "ELEC-H0B0", "customersupport": "SUPPORT", "duration": "90"},
    ),
    DemoEntry(
        "CONFLITS-SESSION",
        "management",
        ("Session gestion des conflits", "Conflict handling session"),
        (
            "Deux jours en petit groupe pour apprendre à désamorcer les tensions.",
            "Two days in a small group to learn how to defuse tension.",
        ),
        {1: "420.00", 4: "380.00"},
        "std_setuponecoursesession",
        {"coursename": "MAN-CON"},
        tax="training",
    ),
    DemoEntry(
        "SIEGES-SECURITE",
        "securite",
        ("Sièges sécurité à affecter", "Health and safety seats"),
        (
            "Achetez des sièges maintenant, choisissez la formation sécurité et la personne plus tard.",
            "Buy seats now, choose the safety course and the person later.",
        ),
        {1: "150.00", 10: "132.00", 50: "115.00"},
        "std_generateseats",
        {"courselist": "SEC-*", "validity": "365", "customersupport": "SUPPORT"},
    ),
    DemoEntry(
        "PACK-10",
        "formules",
        ("Pack de 10 sièges toutes formations", "Pack of 10 seats for any course"),
        (
            "Dix sièges valables pour toutes les formations ouvertes, pendant deux ans.",
            "Ten seats good for every open course, for two years.",
        ),
        {1: "1290.00", 3: "1190.00"},
        "std_generateseats",
        {"packsize": "10", "validity": "730", "customersupport": "SUPPORT"},
    ),
    DemoEntry(
        "EXCEL-SOLO",
        "bureautique",
        ("Tableur en ligne", "Spreadsheets online"),
        (
            "La formation tableur pour vous, à votre rythme, pendant six mois.",
            "The spreadsheet course for yourself, at your own pace, for six months.",
        ),
        {1: "90.00"},
        "std_enroloncourse",
        {"coursename": "BUR-EXCEL", "duration": "180", "customersupport": "SUPPORT"},
        more=ONLINE_AT_LEISURE,
    ),
    DemoEntry(
        "DOC-SOLO",
        "bureautique",
        ("Traitement de texte en ligne", "Word processing online"),
        (
            "Styles, sommaires, renvois : les documents longs sans douleur.",
            "Styles, contents, references: long documents without pain.",
        ),
        {1: "75.00"},
        "std_enroloncourse",
        {"coursename": "BUR-DOC", "duration": "180", "groupname": "Individuels"},
        more=ONLINE_AT_LEISURE,
    ),
    DemoEntry(
        "DECOUVERTE",
        "bureautique",
        ("Découverte de la plateforme", "Discover the platform"),
        (
            "Une heure offerte pour essayer nos formations en ligne.",
            "One hour, for free, to try our online courses.",
        ),
        {1: "0.00"},
        "std_enroloncourse",
        {"coursename": "BUR-DEC", "duration": "30"},
        more={"supply": "on_demand"},
    ),
    DemoEntry(
        "LIVRET-SST",
        "securite",
        ("Livret du secouriste", "First aider’s booklet"),
        (
            "Le livret imprimé remis à chaque apprenant, expédié sous cinq jours.",
            "The printed booklet given to each learner, sent within five days.",
        ),
        {1: "9.50", 20: "7.90"},
        tax="books",
    ),
    DemoEntry(
        "GILET-SST",
        "securite",
        ("Gilet du secouriste", "First aider’s vest"),
        (
            "Le gilet haute visibilité, à la taille et au prénom de chacun.",
            "The high-visibility vest, in each person’s size and with the first name.",
        ),
        {1: "24.00", 10: "21.00"},
        asks=(
            _asked("taille", FieldKind.CHOICE, ("Taille", "Size"), ("", ""), choices=SIZES, is_required=True),
            _asked(
                "prenom",
                FieldKind.TEXT,
                ("Prénom à floquer", "First name to print"),
                ("Vide : sans prénom.", "Empty: without a name."),
                max_length=20,
            ),
        ),
    ),
    DemoEntry(
        "PROLONGATION-90",
        "formules",
        ("Prolongation de 90 jours", "90 more days"),
        (
            "Un accès qui se termine ou un siège libre qui expire : choisissez lequel gagne 90 jours.",
            "Access that ends or a free seat that expires: choose which one gains 90 days.",
        ),
        {1: "35.00", 10: "30.00"},
        "std_extendenrolperiod",
        {"extension": "90"},
        more={"audience": "members"},
    ),
    DemoEntry(
        "DIPLOME-PAPIER",
        "formules",
        ("Diplôme imprimé", "Printed diploma"),
        (
            "L’attestation sur beau papier, envoyée par la poste à l’adresse de chacun.",
            "The certificate on fine paper, posted to each person’s address.",
        ),
        {1: "12.00", 10: "9.00"},
        "ext_paperdiploma",
        {"title": "Attestation de formation", "printer": "imprimeur@demo.example"},
    ),
    DemoEntry(
        "WEBINAIRE-ACCUEIL",
        "management",
        ("Webinaire d’accueil des responsables", "Welcome webinar for leaders"),
        (
            "Une heure et demie en direct pour préparer vos équipes à la formation.",
            "An hour and a half, live, to prepare your teams for training.",
        ),
        {1: "25.00"},
        "specific",
        {"coursename": "WEB-ACCUEIL"},
        {"begins": (45, "10:00"), "endtime": (45, "11:30")},
        more={"supply": "live"},
    ),
    DemoEntry(
        "ELEC-BR-SESSION",
        "electricite",
        ("Session habilitation BR", "BR authorisation session"),
        (
            "Pour les chargés d’intervention en basse tension. Réservé aux clients.",
            "For those in charge of low-voltage work. For customers only.",
        ),
        {1: "340.00", 5: "310.00"},
        "std_setuponecoursesession",
        {"coursename": "ELEC-BR", "customersupport": "SUPPORT"},
        more={"audience": "customers"},
    ),
    DemoEntry(
        "CACES-SESSION",
        "securite",
        ("Session chariot élévateur", "Forklift session"),
        (
            "Bientôt de retour : notre plateau technique est en travaux.",
            "Back soon: our training ground is being rebuilt.",
        ),
        {1: "520.00"},
        more={"state": "suspended"},
    ),
)

# Rate, and columns of the tax code.
TAXES: dict[str, tuple[str, dict[str, Any]]] = {
    "standard": ("20.00", {"kind": TaxKind.STANDARD, "name_fr": "TVA 20 %", "name_en": "VAT 20%"}),
    "books": ("5.50", {"kind": TaxKind.REDUCED, "name_fr": "TVA 5,5 % (livres)", "name_en": "VAT 5.5% (books)"}),
    "training": (
        "0.00",
        {
            "kind": TaxKind.EXEMPT,
            "exemption": Exemption.TRAINING,
            "name_fr": "Formation exonérée de TVA",
            "name_en": "Training exempt from VAT",
        },
    ),
    "belgium": (
        "21.00",
        {"kind": TaxKind.STANDARD, "country": "BE", "name_fr": "TVA belge 21 %", "name_en": "Belgian VAT 21%"},
    ),
}

DESCRIPTION = (
    "<p>Programme détaillé, attestation et accès à l’espace clients compris.</p>",
    "<p>Detailed programme, certificate and access to the customer corner included.</p>",
)


def make_catalogue(now: datetime) -> dict[str, Entry]:
    """Make taxes, categories and entries. Returns the entries by code."""
    taxes = {
        key: save_tax(tax=Tax(**columns), rate=Decimal(rate), today=timezone.localdate(now))
        for key, (rate, columns) in TAXES.items()
    }
    categories: dict[str, Category] = {}
    for position, (slug, french, english, parent) in enumerate(CATEGORIES):
        categories[slug] = Category.objects.create(
            slug=slug,
            name_fr=french,
            name_en=english,
            parent=categories[parent] if parent else None,
            position=position,
        )
    return {
        demo.code: _make(demo, categories[demo.category], taxes[demo.tax], position, now)
        for position, demo in enumerate(ENTRIES)
    }


def _make(demo: DemoEntry, category: Category, tax: Tax, position: int, now: datetime) -> Entry:
    entry = Entry(
        code=demo.code,
        category=category,
        tax=tax,
        name_fr=demo.name[0],
        name_en=demo.name[1],
        summary_fr=demo.summary[0],
        summary_en=demo.summary[1],
        description_fr=DESCRIPTION[0],
        description_en=DESCRIPTION[1],
        position=position,
        handler=demo.handler,
        parameters=_parameters(demo, timezone.localdate(now)),
        **({"state": "available", "vocational": "yes", "supply": "on_site"} | demo.more),
    )
    tiers = {quantity: Decimal(price) for quantity, price in demo.prices.items()}
    return save_entry(entry=entry, expected_version=None, now=now, tiers=tiers, fields=demo.asks)


def _parameters(demo: DemoEntry, today: date) -> dict[str, Any]:
    handler = handler_for(demo.handler, demo.code)
    if handler is None:
        return {}
    defaults = {name: field.initial for name, field in handler.MerchantForm.base_fields.items() if field.initial}
    moments = {name: f"{today + timedelta(days=days)} {time}" for name, (days, time) in demo.moments.items()}
    form = handler.MerchantForm(defaults | demo.parameters | moments)
    if not form.is_valid():
        raise ValueError(f"{demo.code}: {form.errors.as_json()}")
    return form.to_parameters()
