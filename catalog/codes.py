"""Form of an entry's code."""

CODE_MAX_LENGTH = 64
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
