"""Rules that decide a tax by what is given, where, and who buys."""

import pytest

from billing.taxes.deciding import UNION, Buyer, Rule, Supply, decide

FRENCH, GERMAN = Buyer("FR", True, True), Buyer("DE", True, True)
WITHOUT_NUMBER, AMERICAN = Buyer("DE", True, False), Buyer("US", True, False)
PARISIAN, BERLINER, NEW_YORKER = (Buyer(country, False, False) for country in ("FR", "DE", "US"))
ONLINE = (Supply.LIVE, Supply.ON_DEMAND)


@pytest.mark.parametrize("buyer", [FRENCH, GERMAN, WITHOUT_NUMBER, AMERICAN, PARISIAN, BERLINER, NEW_YORKER])
@pytest.mark.parametrize(("supply", "held_in"), [(Supply.UNSAID, ""), (Supply.ON_SITE, ""), (Supply.ON_SITE, "FR")])
def test_training_held_here_is_taxed_here_whoever_buys(supply, held_in, buyer):
    assert decide(supply, held_in, buyer, seller="FR") == (Rule.OWN, "FR")


@pytest.mark.parametrize("supply", ONLINE)
@pytest.mark.parametrize(
    ("buyer", "expected"),
    [
        (FRENCH, (Rule.OWN, "FR")),
        (PARISIAN, (Rule.OWN, "FR")),
        (GERMAN, (Rule.REVERSE_CHARGE, "DE")),
        (WITHOUT_NUMBER, (Rule.OF_COUNTRY, "DE")),
        (BERLINER, (Rule.OF_COUNTRY, "DE")),
        (AMERICAN, (Rule.OUTSIDE, "US")),
        (NEW_YORKER, (Rule.OUTSIDE, "US")),
    ],
)
def test_online_it_is_taxed_where_the_buyer_is(supply, buyer, expected):
    assert decide(supply, "", buyer, seller="FR") == expected


def test_training_held_elsewhere_is_taxed_there():
    assert decide(Supply.ON_SITE, "BE", GERMAN, seller="FR") == (Rule.REVERSE_CHARGE, "BE")
    assert decide(Supply.ON_SITE, "BE", PARISIAN, seller="FR") == (Rule.OF_COUNTRY, "BE")
    assert decide(Supply.ON_SITE, "CH", FRENCH, seller="FR") == (Rule.OUTSIDE, "CH")


def test_a_place_that_was_typed_counts_on_site_alone():
    assert decide(Supply.LIVE, "BE", FRENCH, seller="FR") == (Rule.OWN, "FR")


def test_monaco_counts_as_france():
    assert decide(Supply.LIVE, "", Buyer("MC", True, False), seller="FR") == (Rule.OWN, "FR")
    assert decide(Supply.LIVE, "", PARISIAN, seller="MC") == (Rule.OWN, "FR")


def test_the_union_has_27_states():
    assert len(UNION) == 27
