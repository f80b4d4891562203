"""`make bench`: speed of the shop against the best the machine can do, measured in the same run."""
