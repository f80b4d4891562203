"""Billing data of orders: what their invoices will say, and its correction."""
