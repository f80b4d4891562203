"""Kinds of tax codes: each has its treatment, and the table says what the official lists say."""

import pytest

from billing.taxes.kinds import KEYS, TAXED, EInvoicing, Exemption, TaxKind, treatment_of, usual_terms

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
    assert {key: (treatment_of(*key).category, treatment_of(*key).vatex) for key in KEYS} == EXPECTED
    assert {kind for kind, _reason in KEYS} == set(TaxKind) - {TaxKind.UNDECIDED}


@pytest.mark.parametrize("key", KEYS)
def test_without_a_rate_a_mention_says_why_in_both_languages(key):
    mention = usual_terms(*key)["mention"]

    assert (key[0] in TAXED) == (treatment_of(*key).category == "S") == (not any(mention.values()))
    assert key[0] in TAXED or all(mention.values())


def test_exempt_acts_are_outside_electronic_invoicing():
    for reason in Exemption:
        assert treatment_of(TaxKind.EXEMPT, reason).e_invoicing == EInvoicing.NONE


def test_nothing_is_known_of_a_code_to_be_decided_or_an_exemption_without_reason():
    assert usual_terms(TaxKind.UNDECIDED) == {}
    assert treatment_of(TaxKind.EXEMPT, "") is None
