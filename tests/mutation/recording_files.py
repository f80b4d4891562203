"""The files of a recorded run, and the variable that names their folder."""

FOLDER_VARIABLE = "AMPHI_RECORDED_IN"
LINES = "lines"
TESTS = "tests.json"
