"""One module for each thing that is measured; each takes what it needs and adds its rows to the report."""
