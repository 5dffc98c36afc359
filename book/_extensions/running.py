"""From a page to its chapter, running: how long its code takes, and buttons that open it elsewhere.

The buttons need one line of _config.yml, the address of the repository; while it is empty, no page shows any.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from helpers.messages import phrase

BRANCH = "lab"  # where `make lab-branch` puts the copies of chapters that install what they need
SERVICES = {
    "binderhub_url": "https://mybinder.org",
    "colab_url": "https://colab.research.google.com",
    "notebook_interface": "jupyterlab",
}


class run_times(nodes.General, nodes.Element):
    """Where the table goes, once all chapters are read."""


class RunTimes(SphinxDirective):
    """A table of the chapters with the time that the code of each took where the book was built."""

    def run(self) -> list[nodes.Node]:
        return [run_times(docname=self.env.docname)]


def spoken(seconds: float) -> str:
    """A time as one would say it: "3 s", "40 s", "6 minutes"."""
    if seconds < 10:
        return phrase("running.seconds", n=max(round(seconds), 1))
    if seconds < 120:
        return phrase("running.seconds", n=f"{round(seconds, -1):.0f}")
    return phrase("running.minutes", n=f"{seconds / 60:.0f}")


def seconds_of(env: BuildEnvironment, docname: str) -> float | None:
    return getattr(env, "nb_metadata", {}).get(docname, {}).get("exec_data", {}).get("runtime")


def say_time(app: Sphinx, doctree: nodes.document) -> None:
    """Add the time that was measured to the paragraph that says how long reading takes."""
    seconds = seconds_of(app.env, app.env.docname)
    for word in doctree.findall(nodes.strong) if seconds else ():
        if word.astext() == phrase("chapter.time") and isinstance(word.parent, nodes.paragraph):
            label = nodes.strong("", phrase("running.code"))
            ran = phrase("running.ran", time=spoken(seconds))
            word.parent += [nodes.Text(" "), label, nodes.Text(f" {ran}")]
            return


def tables_to_write(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """A page with the table is written anew in each build: it is about other pages."""
    return [docname for docname in env.found_docs if env.metadata.get(docname, {}).get("run_times")]


def remember_table(app: Sphinx, doctree: nodes.document) -> None:
    if any(doctree.findall(run_times)):
        app.env.metadata[app.env.docname]["run_times"] = True


def fill_table(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for place in list(doctree.findall(run_times)):
        place.replace_self(_table(app, docname))


def _table(app: Sphinx, docname: str) -> nodes.table:
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in (70, 30)), cols=2)
    group += nodes.thead("", _row(phrase("running.chapter"), phrase("running.takes")))
    body = nodes.tbody()
    for chapter in app.env.external_site_map:
        chapter, seconds = str(chapter), seconds_of(app.env, str(chapter))
        if seconds:
            number = ".".join(map(str, app.env.toc_secnumbers.get(chapter, {}).get("") or ()))
            title = app.env.titles[chapter].astext()
            address = app.builder.get_relative_uri(docname, chapter)
            link = nodes.reference("", f"{number}. {title}" if number else title, refuri=address, internal=True)
            body += _row(link, spoken(seconds))
    group += body
    return nodes.table("", group)


def _row(*cells: str | nodes.Node) -> nodes.row:
    inline = (nodes.Text(cell) if isinstance(cell, str) else cell for cell in cells)
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in inline))


def buttons(app: Sphinx, config: Config) -> None:
    options = config.html_theme_options
    if options.get("repository_url"):
        options |= {"use_repository_button": True, "repository_branch": BRANCH, "path_to_docs": "", "launch_buttons": SERVICES}
    else:
        options |= {"use_repository_button": False, "launch_buttons": {}}


def setup(app: Sphinx) -> dict:
    app.add_node(run_times)
    app.add_directive("run-times", RunTimes)
    app.connect("config-inited", buttons)
    app.connect("doctree-read", say_time)
    app.connect("doctree-read", remember_table)
    app.connect("env-updated", tables_to_write)
    app.connect("doctree-resolved", fill_table)
    return {"version": "1", "parallel_read_safe": True}
