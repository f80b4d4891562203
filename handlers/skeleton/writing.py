"""Writing a new handler from the files of ``files/``: whole, or not at all."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from string import Template

from handlers.skeleton.names import NewHandler, NotStarted
from handlers.translations import compile_translations

FILES = Path(__file__).resolve().parent / "files"
SUFFIX = ".tpl"


def write(new: NewHandler) -> list[Path]:
    """Write the package of ``new`` and compile its translations. Return its files.

    The package is made beside its place under a name that no handler has, and then moved there. Raises ``NotStarted``
    when another process was faster, or nothing can be written.
    """
    try:
        new.folder.parent.mkdir(exist_ok=True)
        # Temporary folders are for their owner alone; this one becomes a package of the shop.
        making = Path(tempfile.mkdtemp(prefix=".new-", dir=new.folder.parent))
        making.chmod(0o755)
    except OSError as error:
        raise NotStarted(f"Nothing could be written: {error}") from error
    try:
        for template in sorted(FILES.rglob(f"*{SUFFIX}")):
            _write_one(template, making / template.relative_to(FILES).with_suffix(""), new)
        compile_translations(making / "locale")
        # Fails when the folder has appeared meanwhile, unless it is empty.
        making.rename(new.folder)
    except OSError as error:
        raise NotStarted(f"Nothing was written: {error}") from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return sorted(path for path in new.folder.rglob("*") if path.is_file() and path.suffix != ".mo")


def _write_one(template: Path, target: Path, new: NewHandler) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(Template(template.read_text()).substitute(_values(new)))


def _values(new: NewHandler) -> dict[str, str]:
    specific = bool(new.entry_code)
    return {
        "name": new.name,
        "class_name": new.class_name,
        "words": new.words,
        "about": f"What the entry {new.entry_code} delivers." if specific else f"{new.words}: an extension.",
        "find_it": f'specific_for("{new.entry_code}")' if specific else f'get_handler("{new.name}")',
        "finder": "specific_for" if specific else "get_handler",
        "example": f'example_of("{new.name}"{", specific=True" if specific else ""})',
    }
