"""One module for each thing measured, which adds its rows to the report."""
