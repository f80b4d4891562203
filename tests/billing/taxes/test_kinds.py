"""Kinds of tax codes: each has its treatment, and the table says what the official lists say."""

import pytest

from billing.taxes.kinds import TAXED, TREATMENTS, EInvoicing, Exemption, TaxKind, treatment_of

# Category and code of exemption, read off the lists of EN 16931; the official style sheets do not notice a wrong code.
EXPECTED = {
    (TaxKind.STANDARD, ""): ("S", ""),
    (TaxKind.REDUCED, ""): ("S", ""),
    (TaxKind.EXEMPT, Exemption.TRAINING): ("E", "VATEX-FR-CGI261-4"),
    (TaxKind.EXEMPT, Exemption.NON_PROFIT): ("E", "VATEX-FR-CGI261-7"),
    (TaxKind.FRANCHISE, ""): ("E", "VATEX-FR-FRANCHISE"),
    (TaxKind.REVERSE_CHARGE, ""): ("AE", "VATEX-EU-AE"),
    (TaxKind.OUTSIDE, ""): ("O", "VATEX-EU-O"),
}


def test_every_kind_that_can_be_sold_has_its_treatment():
    assert {key: (each.category, each.vatex) for key, each in TREATMENTS.items()} == EXPECTED
    assert {kind for kind, _reason in TREATMENTS} == set(TaxKind) - {TaxKind.UNDECIDED}


def test_the_words_of_the_law_are_on_papers():
    said = {key: (each.mention or {}).get("fr", "") for key, each in TREATMENTS.items()}

    assert said[TaxKind.EXEMPT, Exemption.TRAINING] == "Exonération de TVA, art. 261-4-4° a du CGI"
    assert said[TaxKind.FRANCHISE, ""] == "TVA non applicable, art. 293 B du CGI"
    assert said[TaxKind.REVERSE_CHARGE, ""] == "Autoliquidation"


@pytest.mark.parametrize("key", TREATMENTS)
def test_without_a_rate_a_mention_says_why_in_both_languages(key):
    treatment = TREATMENTS[key]

    assert treatment.is_taxed == (key[0] in TAXED) == (treatment.mention is None)
    assert treatment.articles
    assert not treatment.mention or all(treatment.mention[code] for code in ("fr", "en"))


def test_exempt_acts_are_outside_electronic_invoicing():
    for reason in Exemption:
        assert treatment_of(TaxKind.EXEMPT, reason).e_invoicing is EInvoicing.NONE


def test_nothing_is_known_of_a_code_to_be_decided_or_an_exemption_without_reason():
    assert treatment_of(TaxKind.UNDECIDED) is None
    assert treatment_of(TaxKind.EXEMPT, "") is None
