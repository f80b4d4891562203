"""References of transfers survive people and banks."""

import pytest

from shop.payments.requests.reference import find_nearly, find_reference, reference_of

NUMBER = "2026-000010"
REFERENCE = reference_of(NUMBER)
PLAIN = REFERENCE.replace(" ", "")


def test_it_is_a_reference_after_iso_11649():
    letters = "".join(str(int(sign, 36)) for sign in PLAIN[4:] + PLAIN[:4])
    assert PLAIN.startswith("RF")
    assert int(letters) % 97 == 1


@pytest.mark.parametrize(
    "text",
    [
        REFERENCE,
        PLAIN.lower(),
        f"VIR SEPA RECU /DE ATELIERS ROY /MOTIF {PLAIN} /REF NOTPROVIDED",
        f"facture{PLAIN}merci",
        "-".join(PLAIN),
        PLAIN.replace("0", "O"),
        PLAIN.removeprefix("RF"),
        f"{PLAIN[:9]}\n{PLAIN[9:]}",
        "commande 2026-000010 du 3/11",
        "Commande n°2026/000010",
        "2026 000010",
    ],
)
def test_is_found_in_what_people_and_banks_make_of_it(text):
    assert find_reference(text) == [NUMBER]


@pytest.mark.parametrize("number", [NUMBER, "2031-999999", "2026-1234567", "2099-12345678"])
def test_every_number_is_found(number):
    assert number in find_reference(f"VIR {reference_of(number)} 12,50 EUR")


def test_several_are_found_each_once():
    other = "2026-000237"
    assert find_reference(f"{REFERENCE} et {reference_of(other)}, {NUMBER}") == [NUMBER, other]


def test_nothing_is_found_in_other_numbers():
    assert find_reference("FR76 3000 6000 0112 3456 7890 189, 12/11/2026, facture 4711") == []
    assert find_reference("") == []


def test_every_wrong_digit_and_every_swap_is_noticed_and_found_nearly():
    digits = PLAIN[2:]
    wrong = [digits[:at] + other + digits[at + 1 :] for at in range(12) for other in "0123456789"]
    swapped = [digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :] for at in range(11)]
    for typed in {*wrong, *swapped} - {digits}:
        assert find_reference(f"RF{typed}") == [], typed
        assert NUMBER in find_nearly(f"RF{typed}"), typed
