import pytest

# Failed assertions of the machines' own modules show the values compared, too.
pytest.register_assert_rewrite("tests.trials.any_sequence", "tests.trials.any_money")
