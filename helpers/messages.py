"""In which language do the widgets, the questions and the pages around the chapters speak, and what do they say?

Their texts stand in one file for each language, ``languages/en.json``: `LANGUAGE` names the one in use. A script takes its texts
along as ``const MESSAGES``, those whose keys stand in it and no others. A page gets those of its own build, so that a chapter is
not executed anew for another wording.
"""

import json
import re
from functools import cache
from pathlib import Path

from helpers.errors import InvalidInput

LANGUAGE = "en"
FILES = "languages/{}.json"
LOADED = re.compile(r"^(import|const) MESSAGES\b.*;$", re.MULTILINE)
KEY = re.compile(r'\bphrase\(\s*"([\w.-]+)"')
Messages = dict[str, str | dict[str, str]]


@cache
def messages(language: str = LANGUAGE) -> Messages:
    """All messages of a language by their keys; where one depends on a number, its forms by the language's plural categories.

    Raises:
        ValueError: no file of this language.
    """
    place = Path(__file__).parent
    path = place / FILES.format(language)
    if not path.exists():
        known = ", ".join(sorted(other.stem for other in place.glob(FILES.format("*"))))
        raise InvalidInput(f"there are messages in {known}, got {language!r}; write helpers/{FILES.format(language)}")
    return json.loads(path.read_text(encoding="utf-8"))


def phrase(key: str, **values: object) -> str:
    """The message of this key with values at its places, such as {t}: what messages.js does in a page.

    Raises:
        ValueError: no message has this key, or it has several forms, which only a page tells apart.
    """
    text = messages().get(key)
    if not isinstance(text, str):
        raise InvalidInput(f"a message with one form is needed, and {key!r} {'has several' if text else 'is none'}")
    return text.format_map(values)


def in_language(script: str, used_by: str = "") -> str:
    """A script with the messages that it uses, in place of the line that imports them, or of those of an earlier build.

    Args:
        used_by: other scripts, whose messages it gets, too.

    Raises:
        ValueError: a key that no message has.
    """
    used = sorted(set(KEY.findall(script + used_by)))
    if unknown := [key for key in used if key not in messages()]:
        raise InvalidInput(f"no message in {LANGUAGE}.json has the key {unknown[0]!r}")
    chosen = {"language": LANGUAGE} | {key: messages()[key] for key in used}
    return LOADED.sub(lambda _: f"const MESSAGES = {json.dumps(chosen, ensure_ascii=False)};", script)
