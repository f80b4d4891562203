"""Marks of Factur-X in a PDF's metadata, beside what typst wrote: rewriting it would lose the mark of accessibility."""

from __future__ import annotations

import io

from lxml import etree

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_SCHEMAS = "{http://www.aiim.org/pdfa/ns/extension/}schemas"
_NAMESPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES = (
    ("DocumentFileName", "The name of the embedded XML document", "factur-x.xml"),
    ("DocumentType", "The type of the hybrid document in capital letters, e.g. INVOICE or ORDER", "INVOICE"),
    ("Version", "The actual version of the standard applying to the embedded XML document", "1.0"),
    ("ConformanceLevel", "The conformance level of the embedded XML document", "EN 16931"),
)


def marked(pdf: bytes) -> bytes:
    """Return a PDF that says it is Factur-X of profile EN 16931. Equal input makes equal bytes."""
    # Loaded only where files are made.
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as file:
        metadata = file.Root.Metadata
        metadata.write(_with_marks(metadata.read_bytes()))
        file.save(
            out,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.preserve,
            # Else it reads and writes the metadata a second time.
            fix_metadata_version=False,
        )
    return out.getvalue()


def _with_marks(packet: bytes) -> bytes:
    """Return XMP with the extension schema of Factur-X and its four properties."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    tree = etree.fromstring(packet, parser).getroottree()
    root = tree.getroot()
    bag = next(root.iter(_SCHEMAS)).find(f"{_RDF}Bag")
    bag.append(etree.fromstring(_schema(), parser))
    rdf = next(root.iter(f"{_RDF}RDF"))
    description = etree.SubElement(rdf, f"{_RDF}Description", {f"{_RDF}about": ""}, nsmap={"fx": _NAMESPACE})
    for name, _what, value in _PROPERTIES:
        etree.SubElement(description, f"{{{_NAMESPACE}}}{name}").text = value
    return bytes(etree.tostring(tree, encoding="UTF-8"))


def _schema() -> str:
    properties = "".join(
        '<rdf:li rdf:parseType="Resource">'
        f"<pdfaProperty:name>{name}</pdfaProperty:name><pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        f"<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{what}</pdfaProperty:description></rdf:li>"
        for name, what, _value in _PROPERTIES
    )
    return (
        '<rdf:li rdf:parseType="Resource" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
        ' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
        "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{_NAMESPACE}</pdfaSchema:namespaceURI>"
        "<pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property></rdf:li>"
    )
