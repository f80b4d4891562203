"""Dates of French pages, as they stand in a sentence: “jusqu’au 1er mars 2026 à 10:00”.

`S` is the ending of the day's number, from `project.patches.ordinal_days`.
"""

DATE_FORMAT = "jS F Y"
DATETIME_FORMAT = "jS F Y à H:i"
MONTH_DAY_FORMAT = "jS F"
