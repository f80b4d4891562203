"""Templates are frozen: what was made by a version is made again by the same."""

import hashlib

from documents.pdf.printing import TEMPLATES

DIGESTS = {
    "invoice-1": "42a82c98bac7a9759508c99f17f6c03d3c968ce5a061180a15bed0bfe58d17cb",
    "payment-1": "6fff04f59eaac59e8568fa1eddb38fab4b77bdea1383f9ca36689feb1c91b7cf",
}


def test_a_version_is_never_changed():
    found = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in TEMPLATES.glob("*.typ")}

    assert found == DIGESTS, "A change of a template is a new file, with the next number."
