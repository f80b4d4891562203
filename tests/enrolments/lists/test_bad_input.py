"""Bad input of every kind at the desk's page: a sentence in the reader's language, and nothing typed is lost."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from common.sheets import limits
from enrolments.lists.models import ListRow, PeopleList
from enrolments.seats.models import Seat
from outbox.jobs.running import run_due_jobs
from tests.common.sheets.books import STRINGS, changed, workbook
from tests.enrolments.given import ENTRY, given_pack
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

HEADINGS = "E-mail;Prénom;Nom\n"
BOOK = workbook([["E-mail", "Prénom", "Nom"], ["ada@example.org", "Ada", "Roy"]])
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
BOMB = changed(BOOK, {STRINGS: b"<a>" + b" " * limits.MAX_INFLATED + b"</a>"})
MANY_ROWS = HEADINGS + "".join(f"p{number}@example.org;Ada;Roy\n" for number in range(limits.MAX_ROWS + 1))

# Files by their name, with the beginning of the sentence in English and in French.
FILES = {
    "picture.png": (b"\x89PNG\r\n\x1a\n" + bytes(99), "This file is a picture.", "Ce fichier est une image."),
    "photo.csv": (b"\xff\xd8\xff\xe0" + bytes(99), "This file is a picture.", "Ce fichier est une image."),
    "list.pdf": (b"%PDF-1.7\n", "This file is a document, not a table.",
                 "Ce fichier est un document et non un tableau."),
    "list.xls": (OLD, "This file has the old Excel format (.xls).", "Ce fichier est à l’ancien format d’Excel (.xls)."),
    "locked.xlsx": (
        OLD + "EncryptedPackage".encode("utf-16-le"),
        "This workbook is protected by a password.", "Ce classeur est protégé par un mot de passe.",
    ),
    "macros.xlsm": (BOOK, "This workbook has macros (.xlsm).", "Ce classeur contient des macros (.xlsm)."),
    "macros.xlsx": (
        changed(BOOK, {"xl/vbaProject.bin": b"x"}),
        "This workbook has macros (.xlsm).", "Ce classeur contient des macros (.xlsm).",
    ),
    "bomb.xlsx": (BOMB, "This file holds far more than a list needs.", "Ce fichier contient bien plus qu’il n’en faut"),
    "half.xlsx": (BOOK[:800], "This file is damaged or was cut off.", "Ce fichier est endommagé ou incomplet."),
    "half-a-row.csv": (
        (HEADINGS + "ada@example.org;Ada;Roy\nbob@exa").encode(),
        "This file ends in the middle of row 3.", "Ce fichier s’arrête au milieu de la ligne 3.",
    ),
    "quote.csv": (
        (HEADINGS + 'ada@example.org;"Ada;Roy\n').encode(),
        "The quotation marks of row 2 cannot be understood.", "Les guillemets de la ligne 2",
    ),
    "nonsense.csv": (b"\x1f\x8b\x08" + bytes(20), "This file is neither CSV nor XLSX.", "Ce fichier n’est ni"),
    "blank.csv": (b"", "There is nothing in this list.", "Cette liste est vide."),
    "long.csv": (MANY_ROWS.encode(), "A list has at most 5000 rows.", "Une liste compte au plus 5000 lignes."),
    "wide.csv": (
        ";".join("a" * (limits.MAX_COLUMNS + 1)).encode(),
        "A list has at most 100 columns.", "Une liste compte au plus 100 colonnes.",
    ),
    "no-addresses.csv": (
        "Nom;Prénom\nRoy;Ada\n".encode(),
        "No column of this list holds e-mail addresses.", "Aucune colonne de cette liste",
    ),
    "large.csv": (
        b"a;b\n" * (limits.MAX_BYTES // 4 + 1),
        "This file is larger than 2 MB.", "Ce fichier dépasse 2 Mo.",
    ),
}  # fmt: skip

PASTED = {
    "blank": ("  ", "Paste people, or choose a file with them.", "Collez des personnes"),
    "no addresses": ("Ada Roy\nBob Blanc", "No column of this list holds e-mail addresses.", "Aucune colonne"),
    "quotation marks": (
        HEADINGS + 'ada@example.org;"Ada;Roy', "The quotation marks of row 2", "Les guillemets de la ligne 2",
    ),
    "too many": (MANY_ROWS, "A list has at most 5000 rows.", "Une liste compte au plus 5000 lignes."),
}  # fmt: skip


@pytest.fixture
def account():
    return CustomerAccountFactory(credit_limit=1)


@pytest.fixture
def course(account):
    given_pack(account, seats=9)
    return CourseFactory()


def client_of(account, language="en"):
    client = Client(headers={"accept-language": language})
    client.force_login(MembershipFactory(account=account, is_operator=True).user)
    return client


def post(client, account, course, **fields):
    typed = {"source": f"entry:{ENTRY.code}", "course": course.pk, "people": ""}
    return client.post(reverse("account-list-new", args=[account.pk]), typed | fields)


def told(answer, field):
    [error] = answer.context["form"].errors[field]
    return error


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_is_refused_with_a_sentence_and_what_was_typed_stays(account, course, name, language):
    content, *sentences = FILES[name]

    answer = post(
        client_of(account, language), account, course,
        people="carol@example.org;Carol;Petit", file=SimpleUploadedFile(name, content),
    )  # fmt: skip

    assert answer.status_code == 422
    assert told(answer, "file").startswith(sentences[language == "fr"])
    form = answer.context["form"]
    assert (form["source"].value(), form["course"].value()) == (f"entry:{ENTRY.code}", str(course.pk))
    assert "carol@example.org;Carol;Petit</textarea>" in answer.content.decode()
    assert not PeopleList.objects.exists()


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", PASTED)
def test_pasted_rows_are_refused_with_a_sentence_and_stay(account, course, name, language):
    text, *sentences = PASTED[name]

    answer = post(client_of(account, language), account, course, people=text)

    assert answer.status_code == 422
    assert told(answer, "people").startswith(sentences[language == "fr"])
    assert answer.context["form"]["people"].value() == text
    assert not PeopleList.objects.exists()


def test_rows_beside_a_file_are_not_lost_in_silence(account, course):
    answer = post(
        client_of(account), account, course, people="carol@example.org", file=SimpleUploadedFile("list.xlsx", BOOK)
    )

    assert answer.status_code == 422
    assert told(answer, "file").startswith("There are rows in the field, too.")
    assert not PeopleList.objects.exists()


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "go back in your browser"), ("fr", "revenez en arrière dans votre navigateur")]
)
def test_fifty_megabytes_are_refused_unread(account, course, language, sentence):
    answer = client_of(account, language).post(
        reverse("account-list-new", args=[account.pk]), b"begin", "multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(50 * limits.MEGABYTE),
    )  # fmt: skip

    assert answer.status_code == 413
    assert sentence in answer.content.decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_every_usual_encoding_is_read(account, course, encoding):
    file = SimpleUploadedFile("list.csv", (HEADINGS + "ada@example.org;Zoé;Œuvré\n").encode(encoding))

    assert post(client_of(account), account, course, file=file).status_code == 302

    assert ListRow.objects.values_list("first_name", "last_name").get() == ("Zoé", "Œuvré")


FORMULA = '=HYPERLINK("x")'
ODD = [
    ["E-mail", "Prénom", "Nom"],
    ["html@example.org", "<script>alert(1)</script>", "<b>Roy</b>"],
    ["a" * 300 + "@example.org", "Ada", "Long"],
    ["formula@example.org", "'" + FORMULA, "+33 6"],
    ["web@example.org", "Ada", "www.example.org"],
    ["two@example.org, three@example.org", "Ada", "Roy"],
]


@pytest.mark.parametrize("is_file", [True, False])
def test_odd_rows_are_shown_as_text_judged_one_by_one_and_harmless_in_the_result(account, course, is_file):
    client = client_of(account)
    text = "\n".join("\t".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in ODD)
    given = {"file": SimpleUploadedFile("list.csv", text.encode())} if is_file else {"people": text}

    made = post(client, account, course, **given)
    page = client.get(made["location"]).content.decode()
    draft = PeopleList.objects.get()
    verdicts = list(draft.rows.order_by("line").values_list("verdict", flat=True))

    assert verdicts == ["new", "invalid_address", "new", "bad_name", "two_addresses"]
    assert "<script>alert" not in page
    assert "&lt;b&gt;Roy" in page
    client.post(reverse("account-list-start", args=[account.pk, draft.pk]), {"mode": "valid", "version": 1})
    run_due_jobs()
    answer = client.get(reverse("account-list-result", args=[account.pk, draft.pk, "csv"]))
    result = b"".join(answer.streaming_content).decode()
    assert Seat.objects.filter(state="assigned").count() == 2
    assert '"\'=HYPERLINK(""x"")"' in result
    assert "'+33 6" in result


def test_formulas_of_a_workbook_are_read_as_the_values_they_show(account, course):
    book = workbook([["E-mail", "Prénom", "Nom"], ["ada@example.org", FORMULA, "Roy"]])

    post(client_of(account), account, course, file=SimpleUploadedFile("list.xlsx", book))

    # The library that wrote the file computes nothing: the cell shows 0.
    assert ListRow.objects.values_list("first_name", "verdict").get() == ("0", "new")
