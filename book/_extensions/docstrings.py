"""The API pages: a section for every module of a package, from its docstrings.

In a docstring an indented block is an equation, and a name in backticks leads to its entry. A page says ``% modules of NAME``,
where NAME is a package or some modules; so a new module has its section without a change to a page.
"""

import importlib
import inspect
import pkgutil
import re
from types import ModuleType
from typing import Any

from sphinx.application import Sphinx

SECTION = re.compile(r"(Args|Raises|Returns|Yields|Source):$")
CODE = re.compile(r"(``.+?``)")
NAME = re.compile(r"`([^`]+)`")
MODULES = re.compile(r"^% modules of (.+)$", re.MULTILINE)
AUTOMODULE = "```{{eval-rst}}\n.. automodule:: {}\n```\n"


def sections(names: list[str]) -> str:
    """Markdown with the docstring of each package and a section for each module."""
    text = []
    for name in names:
        found = importlib.import_module(name)
        if hasattr(found, "__path__"):
            text.append(AUTOMODULE.format(f"{name}\n   :no-members:"))
            inside = (f"{name}.{module.name}" for module in pkgutil.iter_modules(found.__path__))
            text.append(sections([module for module in inside if not module.endswith("__main__")]))
        else:
            text.append(f"## `{name.removeprefix('helpers.')}`\n\n" + AUTOMODULE.format(name))
    return "\n".join(text)


def expand(app: Sphinx, docname: str, source: list[str]) -> None:
    source[0] = MODULES.sub(lambda m: sections(m[1].split()), source[0])


def resolve(name: str) -> Any:
    """What a dotted name in helpers stands for, or None."""
    parts = name.split(".")
    if parts[0] != "helpers":
        return None
    for i in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:i]))
        except ModuleNotFoundError:
            continue
        for part in parts[i:]:
            found = getattr(found, part, None)
        return found
    return None


def linked(name: str, found: Any) -> str:
    """The name as a link where the pages have an entry for it, else as code."""
    if isinstance(found, ModuleType):
        return f":py:mod:`{name}`"
    if (inspect.isclass(found) or inspect.isfunction(found)) and found.__module__.startswith("helpers."):
        return f":py:obj:`{name} <{found.__module__}.{found.__qualname__}>`"
    return f"``{name}``"


def prose(line: str) -> str:
    """A line of text, in which bars are norms and never substitutions."""
    parts = CODE.split(line)
    parts[::2] = [NAME.sub(lambda m: linked(m[1], resolve(m[1])), p.replace("|", "\\|")) for p in parts[::2]]
    return "".join(parts)


def rewritten(lines: list[str]) -> list[str]:
    """The lines with indented blocks as literal blocks, and the source in a paragraph of its own."""
    result: list[str] = []
    literal = section = False
    for line in lines:
        indented = line.startswith(" ")
        if line and not indented:
            literal, section = False, bool(SECTION.match(line))
        elif indented and not literal and not section and result and not result[-1]:
            literal = True
            if not result[-2].endswith("::"):
                result += [".. code-block:: text", ""]
        if line.startswith("Source: "):
            result += ["", "*Source:* " + prose(line.removeprefix("Source: "))]
        else:
            result.append(line if literal else prose(line))
    return result


def process(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = rewritten(lines)
    if what == "module" and hasattr(obj, "__path__"):
        public = [n for n, value in vars(obj).items() if not n.startswith("_") and not isinstance(value, ModuleType)]
        names = ", ".join(linked(n, getattr(obj, n)) for n in sorted(public, key=str.lower))
        lines += ["", f"``from {name} import ...``: {names}.", ""] if names else []


def signature(app: Sphinx, what: str, name: str, obj: Any, options: Any, arguments: str, returns: str) -> tuple | None:
    """No arguments for a protocol, which is never called; defaults that are no Python, such as <factory>, as dots."""
    if getattr(obj, "_is_protocol", False):
        return "", None
    return re.sub(r"<[^<>]*>", "...", arguments or ""), returns


def setup(app: Sphinx) -> dict:
    app.connect("source-read", expand)
    app.connect("autodoc-process-signature", signature)
    app.connect("autodoc-process-docstring", process, priority=400)  # before napoleon takes the sections apart
    return {"version": "1", "parallel_read_safe": True}
