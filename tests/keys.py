"""Keys for tests that run the shop as in production, which takes no key that could be guessed.

Always the same, so that the processes of a test run name their tests alike.
"""

import hashlib

STRONG_KEY, OTHER_KEY, THIRD_KEY = (hashlib.sha256(name).hexdigest() for name in (b"one", b"two", b"three"))
