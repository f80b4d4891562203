"""Receipts of outside payers: what they have paid by a pay link, in a PDF and a mail of theirs; never an invoice."""
