import pytest

# What an assertion compared is shown for the machine's own assertions too.
pytest.register_assert_rewrite("tests.trials.any_sequence")
