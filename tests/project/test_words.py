"""Docstrings without riddles, and no pronoun of one sex: the part of the rule for words that a machine can see.

Migrations are left out: they repeat texts of former releases.
"""

import ast
import re
import tokenize
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from common.floors import FLOORS
from tests.servers import PROJECT

# Written by the ordeal itself, in the words of its trials.
GENERATED = {PROJECT / "docs" / "ordeal.md"}
FOLDERS = (*FLOORS, "bench", "docs", "static", "templates", "tests")
SUFFIXES = {".css", ".html", ".js", ".md", ".py", ".sh", ".svg", ".toml", ".tpl", ".txt", ".yml"}
NAMES = {"Dockerfile", "Makefile", ".env.example"}

# A sentence begins with its text, a paragraph, an item of a list, or behind the end of another one. A question may
# begin with any word.
SENTENCE = r"(?:\A|\n[ \t]*\n|(?:^|\n)[ \t]*[-*·] |[.!?:…][\"”’')*`]*\s)[ \t]*[\"“‘'(*]*"
RIDDLE = re.compile(rf"{SENTENCE}((?:What|Whatever|Who|Whoever|Whom|Whose|As|The\s+same)\b(?![^.!?]*\?)[^.!?]*)")
# Not part of a name: `.his`, `his-order`, `by_himself`.
ONE_SEX = re.compile(r"(?<![\w.#$/-])(?:he|him|his|himself|she|her|hers|herself)(?![\w-])", re.IGNORECASE)


def files() -> Iterator[Path]:
    """Yield the files that people write, but for this one, which quotes the words."""
    yield from (path for path in sorted(PROJECT.iterdir()) if path.is_file() and is_text(path))
    for folder in FOLDERS:
        for path in sorted((PROJECT / folder).rglob("*")):
            if is_text(path) and "migrations" not in path.parts and path not in {*GENERATED, Path(__file__)}:
                yield path


def is_text(path: Path) -> bool:
    return path.suffix in SUFFIXES or path.name in NAMES


def riddles(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and sentence for each sentence of a docstring that begins with a word of a riddle."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        docstring = ast.get_docstring(node) or ""
        for found in RIDDLE.finditer(docstring):
            yield node.body[0].lineno + docstring.count("\n", 0, found.start(1)), " ".join(found[1].split())


def pronouns(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and word for each pronoun of one sex."""
    for found in ONE_SEX.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, found[0]


def pronouns_in_python(source: str) -> Iterator[tuple[int, str]]:
    """Yield like `pronouns`, from comments and strings alone: a name in the code may be any word."""
    for token in tokenize.generate_tokens(StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            for line, word in pronouns(token.string):
                yield token.start[0] + line - 1, word


def test_no_sentence_of_a_docstring_begins_with_a_riddle():
    found = [
        f"{path.relative_to(PROJECT)}:{line}: {sentence}"
        for path in files()
        if path.suffix == ".py"
        for line, sentence in riddles(path.read_text())
    ]

    assert found == []


def test_people_are_they_in_every_file():
    found = [
        f"{path.relative_to(PROJECT)}:{line}: {word}"
        for path in files()
        for line, word in (pronouns_in_python if path.suffix == ".py" else pronouns)(path.read_text())
    ]

    assert found == []


def test_people_are_they_in_every_text_for_readers():
    found = []
    for file in sorted(found for folder in (*FLOORS, "locale") for found in (PROJECT / folder).rglob("*.po")):
        with open(file, "rb") as opened:
            for message in read_po(opened):
                texts = message.id if isinstance(message.id, tuple | list) else [message.id]
                found += [text for text in texts if ONE_SEX.search(text)]

    assert found == []


@pytest.mark.parametrize(
    "docstring",
    [
        "What the page shows.",
        "Return it. Who asks is not told.",
        "Return it.\n\n    The same for many keys.\n    ",
        "Return it: The\n    same.",
        "Return “it.” As before.",
        "Return:\n\n    - Whoever asks.\n    ",
        "Return it? Whose it is.",
    ],
)
def test_control_a_riddle_is_found(docstring):
    assert len(list(riddles(f'def f():\n    """{docstring}"""\n'))) == 1


@pytest.mark.parametrize(
    "docstring",
    [
        "What is asked?",
        "Return what the page shows, as before, and who asks: the same.",
        "Assign it. Whole pages. The sameness of both.",
        "Return `As.What`.",
    ],
)
def test_control_other_sentences_are_no_riddles(docstring):
    assert list(riddles(f'def f():\n    """{docstring}"""\n')) == []


def test_control_a_line_is_named():
    assert list(riddles('"""Fine.\n\nWhat\nis here.\n"""\n')) == [(3, "What is here")]
    assert list(pronouns_in_python('x = 1\ny = """a\nhis b"""  # Her c\n')) == [(3, "his"), (3, "Her")]


@pytest.mark.parametrize("text", ["as he likes", "(His own)", "himself.", "“her” order", "he/she", "to him, or"])
def test_control_a_pronoun_is_found(text):
    assert list(pronouns(text))


@pytest.mark.parametrize("text", ["has_own_way_in", "order.his", "his-order", "the", "This", "usher", "history"])
def test_control_a_name_or_another_word_is_no_pronoun(text):
    assert list(pronouns(text)) == []


def test_control_a_name_in_python_may_be_any_word():
    assert list(pronouns_in_python("his = her.him\n")) == []
