"""Planted faults: small changes of the code that decides and writes, each of which a test should notice.

`make mutate` draws a sample of faults, runs the tests that execute each changed line, cheapest first, and writes
docs/mutation.md. `targets.py` picks the modules to change, `faults.py` the changes.
"""
