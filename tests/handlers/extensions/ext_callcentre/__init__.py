"""An extension with tables, pages, settings and jobs of its own; docs/handlers.md is about its like."""
