"""Predictions and quizzes: a question, choices to press, and at once why the chosen one is right or wrong.

A writer writes plain Markdown, which reads sensibly in JupyterLab, too: an admonition of class ``predict`` or ``quiz`` that holds
the question, a numbered list of choices, and an admonition with a numbered list of answers in the same order, of which the right
one begins with **Right.** The page makes radio buttons of it, and ``questions.css`` shows the answer of the one that is pressed:
no script is needed for that.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from helpers.messages import phrase

KINDS = ("predict", "quiz")
RIGHT = "Right."  # marks the right answer, whatever the page says then
REFUSALS = "|".join(map(re.escape, phrase("question.refusals").split(" | ")))
SAYS_NO = re.compile(rf"({REFUSALS})[,.:;]")  # else the page says it
logger = logging.getLogger(__name__)


class element(nodes.General, nodes.Element):
    """An HTML element: its tag and attributes, around what it holds."""


def make(tag: str, classes: str, *children: nodes.Node, ids: tuple[str, ...] = (), **attributes: str) -> element:
    return element("", *children, tag=tag, html=attributes, classes=classes.split(), ids=list(ids))


class Malformed(Exception):
    """What is wrong with a question."""


def items(node: nodes.Node) -> list[nodes.Element]:
    """What stands in the entries of the one numbered list inside a node."""
    lists = [child for child in node.children if isinstance(child, nodes.enumerated_list)]
    if len(lists) != 1:
        raise Malformed(f"{len(lists)} numbered lists where one should be")
    return lists[0].children


def is_right(answer: nodes.Element) -> bool:
    first = next((child for child in answer.children[0].children if child.astext()), None) if answer.children else None
    return isinstance(first, nodes.strong) and first.astext() == RIGHT


def parts(node: nodes.admonition) -> tuple[nodes.title, list[nodes.Node], list[nodes.Element], list[nodes.Element]]:
    """The title, the question, its choices and their answers.

    Raises:
        Malformed: another structure than the one that this module begins with.
    """
    title, *inside = node.children
    if not inside or not isinstance(inside[-1], nodes.admonition):
        raise Malformed("its last part is not an admonition with the answers")
    choices, answers = items(node), items(inside[-1])
    if not 3 <= len(choices) <= 4:
        raise Malformed(f"3 or 4 choices are expected, got {len(choices)}")
    if len(answers) != len(choices):
        raise Malformed(f"{len(choices)} choices, but {len(answers)} answers")
    if any(len(c.children) != 1 or not isinstance(c.children[0], nodes.paragraph) for c in choices):
        raise Malformed("a choice has to be a single paragraph")
    right = sum(map(is_right, answers))
    if right != 1:
        raise Malformed(f"{right} answers begin with **Right.**, one should")
    asked = inside[: inside.index(choices[0].parent)]
    if not asked or len(asked) + 2 != len(inside):
        raise Malformed("the question, its choices, then the answers are expected, and nothing else")
    return title, asked, choices, answers


def verdict(answer: nodes.Element) -> element:
    """An answer that says right or wrong by a sign and a word, too."""
    right = is_right(answer)
    if not right and not SAYS_NO.match(answer.astext()):
        answer.children[0].insert(0, [nodes.strong("", phrase("question.no")), nodes.Text(" ")])
    answer.children[0].insert(0, nodes.inline("", "✓ " if right else "✗ ", classes=["question-sign"]))
    return make("div", f"question-verdict {'right' if right else 'wrong'}", *answer.children)


def choice(item: nodes.Element, group: str, number: int) -> element:
    """A radio button; its label holds the text, in which links and formulas may stand."""
    button = f'<input type="radio" name="{group}" value="{number}" autocomplete="off">'
    text = make("span", "question-text", *item.children[0].children)
    return make("label", "question-choice", nodes.raw("", button, format="html"), text)


def fieldset(kind: str, name: str, node: nodes.admonition) -> element:
    title, asked, choices, answers = parts(node)
    return make(
        "fieldset",
        f"question {kind}",
        make("p", "question-title", *title.children, ids=(f"{name}-title",)),
        make("div", "question-asked", *asked, ids=(f"{name}-asked",)),
        make("div", "question-choices", *(choice(item, name, i) for i, item in enumerate(choices, start=1))),
        make(
            "div",
            "question-verdicts",
            *map(verdict, answers),
            make("p", "question-hint", nodes.Text(phrase("question.hint"))),
            role="status",
        ),
        ids=(name,),
        **{"aria-labelledby": f"{name}-title {name}-asked"},
    )


class Questions(SphinxTransform):
    """Each admonition of a kind in `KINDS` as a fieldset; one that is malformed stays as it is, with a warning."""

    default_priority = 200

    def apply(self, **kwargs: object) -> None:
        for kind in KINDS:
            found = [node for node in self.document.findall(nodes.admonition) if kind in node["classes"]]
            for number, node in enumerate(found, start=1):
                try:
                    node.replace_self(fieldset(kind, f"{kind}-{number}", node))
                except Malformed as problem:
                    text = " ".join(child.astext() for child in node.children[:2])
                    logger.warning("question %r: %s", text[:80], problem, location=node, type="questions")


def visit(translator: HTML5Translator, node: element) -> None:
    translator.body.append(translator.starttag(node, node["tag"], "", **node["html"]))


def depart(translator: HTML5Translator, node: element) -> None:
    translator.body.append(f"</{node['tag']}>")


def setup(app: Sphinx) -> dict:
    app.add_node(element, html=(visit, depart))
    app.add_transform(Questions)
    app.add_css_file("questions.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
