"""`make bench`: how quick the shop is, measured against what the machine does at best, in the same run."""
