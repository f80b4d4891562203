"""Formats of dates where Django's own do not suffice: one package per language."""
