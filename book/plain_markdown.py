"""What a chapter's Markdown says, for programs that do not know MyST: JupyterLab, Colab, an editor.

Directives become headings, quotations and folds; roles become what the page shows in their place, such as an equation's number.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

UNKNOWN = "–"  # a figure of a book that was not built
FENCE = re.compile(r"^(?P<fence>`{3,}|:{3,}|~{3,})(?:\{(?P<name>[\w:-]+)\} *(?P<title>.*))?")
OPTION = re.compile(r"^:([\w-]+): *(.*)$")
ROLE = re.compile(r"\{([\w:-]+)\}`([^`]+)`")
LABELLED = re.compile(r"^\$\$(.+?)\$\$ \(([\w-]+)\)$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
DROPPED = re.compile(r"^(?:%.*|\([\w-]+\)=)\n?", re.MULTILINE)
NUMBERED = {"exercise": "Exercise", "exercise-start": "Exercise", "prf:theorem": "Theorem"}
SILENT = {"exercise-end", "solution-end", "tableofcontents", "bibliography"}
ANSWERS = {"Answer", "What you should see"}  # folds that answer a question


@dataclass
class Chapter:
    """What a page knows beside its text."""

    number: str = ""
    figures: dict[str, str] = field(default_factory=dict)
    equations: dict[str, str] = field(default_factory=dict)  # of all chapters
    citations: dict[str, str] = field(default_factory=dict)  # "Song et al., 2021a", by key
    chapters: frozenset[str] = frozenset()  # what lies beside this one
    answered: bool = True  # else what answers a question is left out
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, kind: str) -> str:
        """The next number of an exercise or a theorem."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return ".".join(part for part in (self.number, str(self.counts[kind])) if part)


def plain(text: str, chapter: Chapter) -> str:
    """Plain Markdown for a cell's MyST."""
    text = LABELLED.sub(lambda m: _equation(m[1], m[2], chapter), text)
    lines, result, prose = text.split("\n"), [], []
    while lines:
        line = lines.pop(0)
        found = FENCE.match(line)
        if not found:
            prose.append(line)
            continue
        result.append(_inline("\n".join(prose), chapter))
        prose = []
        body = []
        while lines and lines[0].rstrip() != found["fence"]:
            body.append(lines.pop(0))
        closing = lines.pop(0) if lines else found["fence"]
        if found["name"]:
            result.append(_directive(found["name"], found["title"], body, chapter))
        else:
            result.append("\n".join([line, *body, closing]))
    result.append(_inline("\n".join(prose), chapter))
    return re.sub(r"\n{3,}", "\n\n", DROPPED.sub("", "\n".join(result))).strip()


def labels_of_equations(text: str) -> list[str]:
    """The labels in a chapter's text, in the order in which the book numbers them."""
    return [a or b for a, b in re.findall(r"```+\{math\}\n:label: (\S+)|^\$\$ \(([\w-]+)\)$", text, re.MULTILINE)]


def _directive(name: str, title: str, body: list[str], chapter: Chapter) -> str:
    options = {}
    while body and (option := OPTION.match(body[0])):
        options[option[1]] = option[2]
        body.pop(0)
    inner = "\n".join(body).strip()
    if name in SILENT or (not chapter.answered and (name == "solution-start" or title in ANSWERS)):
        return ""
    if name == "solution-start":
        return "*Solution, folded:*"
    if name == "math":
        return _equation(inner, options.get("label", ""), chapter)
    if name in NUMBERED:
        number = f"{NUMBERED[name]} {chapter.count(NUMBERED[name])}"
        if NUMBERED[name] == "Exercise":
            return "\n\n".join(part for part in (f"### {number} {title}".strip(), plain(inner, chapter)) if part)
        return _quoted(f"**{number}** ({_inline(title, chapter)})\n\n{plain(inner, chapter)}")
    if name.startswith("code"):
        return f"```{title}\n{inner}\n```"
    heading = _inline(title, chapter) if name != "div" else ""
    if "dropdown" in options.get("class", "").split():
        return f"<details><summary>{heading or name.capitalize()}</summary>\n\n{plain(inner, chapter)}\n\n</details>"
    return _quoted((f"**{heading}**\n\n" if heading else "") + plain(inner, chapter))


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _equation(tex: str, label: str, chapter: Chapter) -> str:
    number = chapter.equations.get(label)
    return f"$$\n{tex.strip()}\n" + (f"\\tag{{{number}}}\n" if number else "") + "$$"


def _inline(text: str, chapter: Chapter) -> str:
    shown: dict[str, Callable[[str], str]] = {
        "glue:text": lambda name: chapter.figures.get(name, UNKNOWN),
        "eq": lambda label: f"({chapter.equations.get(label, '?')})",
        "cite": lambda keys: f"[{'; '.join(_cited(key, chapter) for key in keys.split(','))}]",
        "cite:t": lambda keys: ", ".join("{} [{}]".format(*_cited(key, chapter).rsplit(", ", 1)) for key in keys.split(",")),
        "math": lambda tex: f"${tex}$",
    }
    text = ROLE.sub(lambda m: shown.get(m[1], _words)(m[2]), text)
    return LINK.sub(lambda m: m[0] if _leads_somewhere(m[2], chapter) else m[1], text)


def _words(text: str) -> str:
    """The words of a role such as {doc}`these <where-they-lead>`."""
    return re.sub(r"\s*<[^>]+>$", "", text)


def _cited(key: str, chapter: Chapter) -> str:
    return chapter.citations.get(key.strip(), f"{key.strip()}, ?")


def _leads_somewhere(target: str, chapter: Chapter) -> bool:
    return re.match(r"[a-z]+:", target) is not None or target.partition("#")[0] in chapter.chapters
