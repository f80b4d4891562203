"""Figures, ratios and tables that the benchmark makes of its measurements."""

import json

import pytest

from bench.harness import Report, in_turns


def test_a_ratio_over_its_limit_is_told():
    report = Report()
    report.compare("quick", 1.0, "s", reference=2.0, limit=1.0)
    report.compare("slow", 3.0, "s", reference=2.0, limit=1.4)
    report.compare("busy", 100.0, "requests/s", reference=150.0, limit=2.0, higher_is_better=True)

    assert [row.ratio for row in report.rows] == [0.5, 1.5, 1.5]
    assert [row.name for row in report.over] == ["slow"]


def test_results_are_rows_with_null_where_nothing_is_compared(tmp_path):
    report = Report()
    report.figure("memory", 123.456, "MB")
    report.compare("list", 0.012345, "s", reference=0.01, limit=1.5)

    report.write(tmp_path / "results.json")

    results = json.loads((tmp_path / "results.json").read_text())
    assert sorted(results) == ["machine", "rows"]
    assert results["rows"] == [
        {"name": "memory", "value": 123.0, "unit": "MB", "reference": None, "ratio": None, "limit": None},
        {"name": "list", "value": 0.0123, "unit": "s", "reference": 0.01, "ratio": 1.23, "limit": 1.5},
    ]


def test_figures_are_medians_and_the_first_round_does_not_count():
    first, second = iter([90, 1, 5, 3]), iter([80, 20, 10, 30])
    order = []

    def one():
        order.append("one")
        return {"one": next(first)}

    def two():
        order.append("two")
        return {"two": next(second)}

    assert in_turns(one, two, rounds=3) == {"one": 3, "two": 20}
    assert order == ["two", "one", "one", "two"] * 2


def test_a_page_gets_the_new_table_in_place_of_the_old(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("Before.\n\n<!-- written by make bench -->\nold\n<!-- until here -->\n\nAfter.\n")
    report = Report()
    report.figure("memory", 1.0, "MB")

    report.write_into(page)
    report.write_into(page)

    text = page.read_text()
    assert text.startswith("Before.\n\n<!-- written by make bench -->\nMeasured on ")
    assert text.endswith("\n<!-- until here -->\n\nAfter.\n")
    assert text.count("| memory |") == 1
    assert "old" not in text


@pytest.mark.parametrize("over", [True, False])
def test_the_table_shows_what_is_over(over):
    report = Report()
    report.compare("list", 3.0 if over else 1.0, "s", reference=2.0, limit=1.0)

    assert ("OVER" in report.table()) is over
