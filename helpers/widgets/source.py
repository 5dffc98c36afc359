"""Where a widget's script and style come from."""

import re
from pathlib import Path

from helpers.messages import in_language

WIDGETS_FOLDER = Path(__file__).parent
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+)\.js";\n', re.MULTILINE)


def script(name: str) -> str:
    """NAME.js with all that it imports and the messages that it uses, as one module: a page has nowhere to import a second from.

    Modules share one scope then: no two of them may use one name at their top.
    """
    return in_language("\n".join(_modules(name, [])))


def _modules(name: str, seen: list[str]) -> list[str]:
    """The module without its imports, after those that it imports and that were not seen yet."""
    text = (WIDGETS_FOLDER / f"{name}.js").read_text()
    before = []
    for other in IMPORT.findall(text):
        if other not in seen:
            seen.append(other)
            before += _modules(other, seen)
    return [*before, re.sub(r"^export (?!default)", "", IMPORT.sub("", text), flags=re.MULTILINE)]


def style() -> str:
    """The style sheet that all widgets share."""
    return (WIDGETS_FOLDER / "shared.css").read_text()
