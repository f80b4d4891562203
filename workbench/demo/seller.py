"""The demo's seller, with the legal texts."""

from __future__ import annotations

from datetime import datetime, timedelta

from common.postal import PostalAddress
from shop.seller.models import LegalText, ShopIdentity

ADDRESS = PostalAddress(
    name="Formations de l’Estuaire", street="7 quai de la Fosse", postal_code="44000", city="Nantes"
)
TEXTS = {
    "terms": (
        "Conditions générales de vente de la boutique de démonstration.\n\n"
        "Toute commande vaut acceptation des présentes. Les sièges sont livrés dès réception du paiement.\n\n"
        "Une session commandée peut être reportée une fois, sans frais, jusqu’à dix jours avant son début.",
        "Terms of sale of the demonstration shop.\n\n"
        "By ordering you accept these terms. Seats are delivered as soon as payment has been received.\n\n"
        "A session may be postponed once, free of charge, up to ten days before it begins.",
    ),
    "notice": (
        "Boutique de démonstration éditée par Formations de l’Estuaire, 7 quai de la Fosse, 44000 Nantes.",
        "Demonstration shop published by Formations de l’Estuaire, 7 quai de la Fosse, 44000 Nantes, France.",
    ),
    "privacy": (
        "Nous n’utilisons vos données que pour traiter vos commandes et organiser les formations.",
        "We use your data to handle your orders and to organise the training, and for nothing else.",
    ),
    "withdrawal": (
        "Vous disposez de quatorze jours pour vous rétracter. Si vous demandez à commencer avant la fin de ce délai, "
        "vous devrez la part de la formation déjà suivie.",
        "You have fourteen days to withdraw. If you ask to start before they are over, you owe the part of the "
        "training that you have already had.",
    ),
}


def make_seller(now: datetime) -> None:
    """Fill in the seller and publish one version of each legal text, two years ago."""
    seller = ShopIdentity.current()
    for name, value in {
        **ADDRESS.columns(),
        "siret": "732 829 320 00074",
        "vat_number": "FR44732829320",
        "legal_line": "SARL au capital de 8 000 €, RCS Nantes 732 829 320",
        "activity_number": "52 44 01234 44",
        "bank_name": "Banque de l’Estuaire",
        "iban": "FR76 3000 6000 0112 3456 7890 189",
        "bic": "AGRIFRPP",
        "sales_email": "ventes@estuaire.example",
        "support_email": "bonjour@estuaire.example",
    }.items():
        setattr(seller, name, value)
    seller.save()
    for kind, (french, english) in TEXTS.items():
        LegalText.objects.create(
            kind=kind, version=1, body_fr=french, body_en=english, published_at=now - timedelta(days=730)
        )
