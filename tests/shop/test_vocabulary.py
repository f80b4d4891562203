"""Amounts have one name each on all pages and mails: excl. tax and incl. tax, HT and TTC."""

import re
from pathlib import Path

from django.conf import settings
from django.utils import translation

OTHER_NAMES = re.compile(
    r"\b(net|gross|with(out)? tax|(in|ex)cluding (tax|VAT)|(incl|excl)\. VAT|VAT incl)\b", re.IGNORECASE
)
SENTENCES = re.compile(
    r"{% translate [\"'](.*?)[\"'](?: context .*?)? %}|{% blocktranslate.*?%}(.*?){% endblocktranslate %}", re.DOTALL
)


def test_no_template_has_another_name_for_an_amount():
    found = set()
    for floor in ("shop", "project", "templates"):
        for file in Path(settings.BASE_DIR, floor).rglob("*"):
            if file.suffix in (".html", ".txt"):
                said = (" ".join(groups) for groups in SENTENCES.findall(file.read_text()))
                found |= {(file.name, sentence) for sentence in said if OTHER_NAMES.search(sentence)}
    assert found == set()


def test_french_says_ht_and_ttc():
    with translation.override("fr"):
        words = ("Unit, excl. tax", "Total excl. tax", "Tax", "Total incl. tax")
        said = [translation.gettext(word) for word in words]
    assert said == ["Prix unitaire HT", "Total HT", "TVA", "Total TTC"]
