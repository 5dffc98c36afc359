"""After the build, leave in the theme's Font Awesome only the icons that a page shows: a reader loads 20 KB in place of 540."""

import re
from pathlib import Path

from sphinx.application import Sphinx

# name:[width,height,[other names],"unicode","path"] or a pair of paths, as the theme's minified file has them.
ICON = re.compile(r'"?([\w-]+)"?:\[\d+,\d+,\[([^\]]*)\],"[\da-f]+",(?:"[^"]*"|\["[^"]*","[^"]*"\])\],?')
USED = re.compile(r"\bfa-([a-z0-9-]+)")


def keep_used(script: str, used: set[str]) -> str:
    """The script without icons of other names.

    Raises:
        ValueError: it holds none of the used icons: the theme writes them in another way by now.
    """

    def names(icon: re.Match) -> set[str]:
        return {icon[1], *re.findall(r"[\w-]+", icon[2])}

    if not any(used & names(icon) for icon in ICON.finditer(script)):
        raise ValueError("the theme's Font Awesome has another form than book/_extensions/icons.py expects")
    return ICON.sub(lambda icon: icon[0] if used & names(icon) else "", script)


def shrink(app: Sphinx, error: Exception | None) -> None:
    path = Path(app.outdir) / "_static" / "scripts" / "fontawesome.js"
    if error or app.builder.format != "html" or not path.exists():
        return
    pages = list(Path(app.outdir).rglob("*.html"))
    scripts = [p for p in Path(app.outdir, "_static").rglob("*.js") if "vendor" not in p.parts and p != path]
    used = {name for p in [*pages, *scripts] for name in USED.findall(p.read_text(encoding="utf-8"))}
    path.write_text(keep_used(path.read_text(encoding="utf-8"), used), encoding="utf-8")


def setup(app: Sphinx) -> dict:
    app.connect("build-finished", shrink, priority=900)
    return {"version": "1", "parallel_read_safe": True}
