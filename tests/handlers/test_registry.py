"""Finding handlers: their folders, the meaning of their names, and a broken handler that harms no other."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest
from django.core.checks import run_checks
from django.template.loader import render_to_string

from handlers import registry
from handlers.contract import Handler, HandlerMissing, ParametersForm
from handlers.discovery import Found, discover

STANDARD = ["std_enroloncourse", "std_extendenrolperiod", "std_generateseats", "std_setuponecoursesession"]
SHIPPED = [*STANDARD, "ext_paperdiploma"]

WORKS = """
from handlers.contract import Handler


class Works(Handler):
    name = "{name}"
    label = "Works"
"""


@pytest.fixture
def folder(tmp_path, settings):
    settings.HANDLER_DIRS = [str(tmp_path)]
    registry.reset()
    yield tmp_path
    registry.reset()


def write(folder: Path, source: str) -> None:
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "handler.py").write_text(source)


def names():
    return [handler.name for handler in registry.all_handlers()]


def the_problem():
    [problem] = registry.problems()
    return problem.message


def test_the_standard_handlers_are_there_and_none_is_broken():
    assert [name for name in names() if name.startswith("std_")] == STANDARD
    assert registry.problems() == []


def test_extensions_in_a_folder_of_one_s_own_are_listed_after_the_standard_ones(folder):
    write(folder / "ext_diploma", WORKS.format(name="ext_diploma"))
    write(folder / "std_another", WORKS.format(name="std_another"))

    assert names() == ["std_another", *STANDARD, "ext_diploma", "ext_paperdiploma"]
    assert registry.get_handler("ext_diploma").name == "ext_diploma"


def test_a_handler_of_a_folder_imports_its_own_modules(folder):
    write(
        folder / "ext_diploma",
        "from .naming import NAME\n" + WORKS.format(name="ext_diploma").replace('"ext_diploma"', "NAME"),
    )
    (folder / "ext_diploma" / "naming.py").write_text('NAME = "ext_diploma"\n')

    assert registry.get_handler("ext_diploma").label == "Works"


def test_a_specific_handler_is_found_by_its_entry_s_code_and_never_listed(folder):
    write(folder / "specific" / "hab_b0_2026", WORKS.format(name="hab_b0_2026"))

    found = registry.specific_for("HAB-b0-2026")
    assert found.name == "hab_b0_2026"
    assert registry.handler_for("specific", "hab_B0-2026") is found
    assert "hab_b0_2026" not in names()
    with pytest.raises(HandlerMissing):
        registry.get_handler("hab_b0_2026")


def test_a_specific_handler_may_be_called_like_a_listed_one(folder):
    write(folder / "specific" / "std_generateseats", WORKS.format(name="std_generateseats"))

    assert registry.specific_for("std_generateseats").label == "Works"
    assert registry.get_handler("std_generateseats").label != "Works"
    assert registry.problems() == []


def test_a_missing_specific_handler_is_refused_and_the_folder_to_install_is_told():
    with pytest.raises(HandlerMissing) as refused:
        registry.handler_for("specific", "Hab-B0")
    assert "“Hab-B0”" in str(refused.value)
    assert "“specific/hab_b0”" in str(refused.value)


def test_an_entry_without_handler_has_nothing_to_deliver():
    assert registry.handler_for("", "ANY") is None


def test_older_spellings_are_the_same_handlers():
    assert registry.get_handler("std_setuponecoursession").name == "std_setuponecoursesession"
    assert registry.get_handler("std_enrolonecourse").name == "std_enroloncourse"
    assert registry.canonical_name("ext_diploma") == "ext_diploma"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import a_module_that_nobody_has\n", "No module named"),
        ("def broken(:\n", "SyntaxError"),
        ("raise SystemExit(1)\n", "SystemExit"),
        ("NOTHING = 1\n", "defines 0 subclasses"),
        (WORKS.format(name="ext_other"), "calls itself 'ext_other'"),
        (WORKS.format(name="ext_faulty") + "    version = 0\n", "version is not"),
        (WORKS.format(name="ext_faulty") + "    MerchantForm = dict\n", "MerchantForm is not"),
        (WORKS.format(name="ext_faulty") + "    UnitForm = dict\n", "UnitForm is neither"),
        (WORKS.format(name="ext_faulty").replace('"Works"', '""'), "label is empty"),
        (
            WORKS.format(name="ext_faulty") + "    def __init__(self):\n        raise ValueError('no')\n",
            "ValueError: no",
        ),
    ],
)
def test_a_broken_extension_is_reported_and_the_others_work_on(folder, source, message):
    write(folder / "ext_faulty", source)
    write(folder / "ext_sound", WORKS.format(name="ext_sound"))

    assert names() == [*SHIPPED, "ext_sound"]
    assert message in the_problem()
    with pytest.raises(HandlerMissing):
        registry.get_handler("ext_faulty")


def test_a_broken_extension_is_a_warning_of_the_system_check(folder):
    write(folder / "ext_faulty", "raise RuntimeError('boom')\n")

    [warning] = run_checks(tags=["handlers"])

    assert warning.id == "handlers.W001"
    assert warning.is_serious() is False
    assert "RuntimeError: boom" in warning.msg
    assert str(folder / "ext_faulty") in warning.obj


def test_of_two_handlers_with_one_name_the_first_found_is_kept(folder):
    write(folder / "std_generateseats", WORKS.format(name="std_generateseats"))

    assert registry.get_handler("std_generateseats").label != "Works"
    assert "Another handler is called std_generateseats already" in the_problem()


def test_an_older_spelling_is_no_name_for_a_new_handler(folder):
    write(folder / "std_enrolonecourse", WORKS.format(name="std_enrolonecourse"))

    assert "older spelling" in the_problem()
    assert registry.get_handler("std_enrolonecourse").name == "std_enroloncourse"


def test_two_folders_may_hold_packages_of_the_same_name(tmp_path):
    for place in ("one", "two"):
        write(tmp_path / place / "ext_diploma", WORKS.format(name="ext_diploma"))

    found = list(discover([tmp_path / "one", tmp_path / "two"], installed=[]))

    diplomas = [each for each in found if isinstance(each, Found) and each.handler.name == "ext_diploma"]
    assert [each.folder for each in diplomas] == [tmp_path / "one" / "ext_diploma", tmp_path / "two" / "ext_diploma"]
    assert type(diplomas[0].handler) is not type(diplomas[1].handler)


def test_a_folder_that_is_not_there_is_reported(tmp_path, settings):
    settings.HANDLER_DIRS = [str(tmp_path / "nowhere")]
    registry.reset()
    try:
        assert names() == SHIPPED
        assert "does not exist" in the_problem()
    finally:
        registry.reset()


def test_other_folders_and_upper_case_names_are_not_taken_for_handlers(folder):
    write(folder / "diploma", "raise RuntimeError\n")
    write(folder / "ext_Diploma", WORKS.format(name="ext_Diploma"))

    assert names() == SHIPPED
    assert "lower-case" in the_problem()


@pytest.fixture
def installed_module():
    module = ModuleType("a_package_with_handlers")
    exec(WORKS.format(name="ext_installed"), module.__dict__)
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def entry_point(name, value="a_package_with_handlers:Works"):
    return EntryPoint(name=name, value=value, group="amphi.handlers")


@pytest.mark.parametrize("value", ["a_package_with_handlers:Works", "a_package_with_handlers"])
def test_an_installed_package_offers_a_class_or_a_module(installed_module, value):
    *_standard, found = discover([], installed=[entry_point("ext_installed", value)])

    assert isinstance(found, Found)
    assert found.handler.name == "ext_installed"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("installed", "a_package_with_handlers:Works", "begins with std_ or ext_"),
        ("ext_other", "a_package_with_handlers:Works", "calls itself 'ext_installed'"),
        ("ext_installed", "a_package_with_handlers:Nothing", "AttributeError"),
        ("ext_installed", "nowhere:Works", "ModuleNotFoundError"),
        ("ext_installed", "sys:path", "is not a subclass"),
    ],
)
def test_a_broken_installed_package_is_reported(installed_module, name, value, message):
    *_standard, problem = discover([], installed=[entry_point(name, value)])

    assert message in problem.message
    assert value in problem.source


def test_templates_lie_in_the_handler_s_own_package(folder):
    write(folder / "ext_diploma", WORKS.format(name="ext_diploma"))
    (folder / "ext_diploma" / "templates" / "ext_diploma").mkdir(parents=True)
    (folder / "ext_diploma" / "templates" / "ext_diploma" / "paper.txt").write_text("For {{ name }}")

    assert render_to_string("ext_diploma/paper.txt", {"name": "Marie"}) == "For Marie"


class Double(Handler):
    name = "ext_double"
    label = "Double"
    MerchantForm = ParametersForm


def test_a_handler_can_be_registered_for_the_length_of_a_test():
    with registry.temporary(Double) as double:
        assert registry.get_handler("ext_double") is double
        assert "ext_double" in names()
    with pytest.raises(HandlerMissing):
        registry.get_handler("ext_double")


def test_a_temporary_handler_stands_before_one_of_the_same_name():
    class Generates(Double):
        name = "std_generateseats"

    before = registry.get_handler("std_generateseats")
    with registry.temporary(Generates()) as double:
        assert registry.get_handler("std_generateseats") is double
    assert registry.get_handler("std_generateseats") is before


def test_a_temporary_specific_handler_is_not_listed():
    class Bespoke(Double):
        name = "big_order"

    with registry.temporary(Bespoke, specific=True) as double:
        assert registry.handler_for("specific", "BIG-order") is double
        assert "big_order" not in names()
