"""Compiles catalogues (.po) into what Django reads (.mo), as handlers have it done for theirs."""

from handlers.catalogues import compile_catalogues

__all__ = ["compile_catalogues"]
