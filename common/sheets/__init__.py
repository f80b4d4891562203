"""Tables as files: one reader and one writer for the whole product, CSV and XLSX."""
