"""What does a page, where nothing can be run, show of an exercise?

The task, the blank without the verdict on it, how to run it, and the folded solution without the marks at which the blank is
cut. Stars in an exercise's title say how hard it is, to those who hear the page as well.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import is_exercise_node, is_solution_node

from helpers.messages import phrase

MARKS = re.compile(r"^ *# (solution|end)\n?", re.MULTILINE)
STARS = re.compile(r"\s*([★☆]{3})")
DIFFICULTIES = {1: phrase("exercise.easy"), 2: phrase("exercise.medium"), 3: phrase("exercise.hard")}
HOW_TO = "run-it-yourself"  # the section of the first page that says what is needed


class Cells(SphinxTransform):
    """The cells of exercises and solutions, as a page shows them."""

    default_priority = 300  # when sphinx-exercise has put the cells inside

    def apply(self, **kwargs: object) -> None:
        for cell in list(self.document.findall(nodes.container)):
            if "tag_exercise" in cell["classes"]:
                for output in [child for child in cell.children if "cell_output" in child["classes"]]:
                    cell.remove(output)
                cell.parent.insert(cell.parent.index(cell) + 1, self.how_to_run())
            elif "tag_solution" in cell["classes"]:
                for block in cell.findall(nodes.literal_block):
                    unmarked = MARKS.sub("", block.rawsource)
                    block.rawsource, block.children = unmarked, []
                    block += nodes.Text(unmarked)
        for node in self.document.findall(lambda n: is_exercise_node(n) or is_solution_node(n)):
            for section in node.findall(nodes.section):
                section["ids"] = [f"{node['label']}-content"]  # all exercises of a page had the same

    def how_to_run(self) -> nodes.paragraph:
        first = self.app.builder.get_relative_uri(self.env.docname, self.config.root_doc)
        link = nodes.reference("", phrase("exercise.how"), internal=True, refuri=f"{first}#{HOW_TO}")
        command = nodes.literal("", "make lab")
        more = f" {phrase('exercise.rocket')}" if repository(self.config) else ""
        text = nodes.Text(f" {phrase('exercise.lab')}{more} {phrase('exercise.see')} ")
        return nodes.paragraph("", "", command, text, link, nodes.Text("."), classes=["how-to-run"])


def repository(config) -> str:
    """The address of the book's repository, or nothing."""
    return (getattr(config, "html_theme_options", None) or {}).get("repository_url") or ""


class Titles(SphinxPostTransform):
    """Stars in an exercise's title stand behind it, with a text; in its solution's they are left out."""

    default_priority = 30  # when sphinx-exercise has resolved the titles

    def run(self, **kwargs: object) -> None:
        for node in self.document.findall(lambda n: is_exercise_node(n) or is_solution_node(n)):
            title = node.children[0]
            stars = STARS.search(title.astext())
            for text in list(title.findall(nodes.Text)):
                text.parent.replace(text, nodes.Text(STARS.sub("", text)))
            if stars and is_exercise_node(node):
                spoken = phrase("exercise.difficulty", stars=DIFFICULTIES[max(1, stars[1].count("★"))])
                shown = f'<span class="difficulty" role="img" aria-label="{spoken}" title="{spoken}">{stars[1]}</span>'
                title += [nodes.Text(" "), nodes.raw("", shown, format="html")]


def setup(app: Sphinx) -> dict:
    app.add_transform(Cells)
    app.add_post_transform(Titles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
