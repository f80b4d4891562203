"""Planted faults: small changes of the code that decides and writes, each of which a test should notice.

`make mutate` draws a sample of faults, runs those tests of each that execute the changed line, cheapest first, and
writes docs/mutation.md. What is changed are the modules that `targets.py` picks; how, `faults.py` says.
"""
