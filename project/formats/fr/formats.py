"""Format of a moment inside a French sentence: “jusqu’au 2 mars 2026 à 10:00”."""

DATETIME_FORMAT = "j F Y à H:i"
