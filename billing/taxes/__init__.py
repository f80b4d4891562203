"""Taxes as plain values: kinds of tax codes with what papers say of them, and the arithmetic of an order."""
