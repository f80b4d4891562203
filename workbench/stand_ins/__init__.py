"""Servers that stand in for payment providers, in development and tests. No money moves, nothing leaves the machine."""
