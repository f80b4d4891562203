import pytest

# Failed assertions of the machine's own modules show the values compared, too.
pytest.register_assert_rewrite("tests.trials.any_sequence")
