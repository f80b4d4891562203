"""Settings: one module per way of running, everything that differs between machines from the environment.

`production` is the default. `development` (`make run`), `test` and `bench` add what production must never have.
All of them build on `base`.
"""
