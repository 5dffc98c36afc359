"""After the build, leave in the theme's Font Awesome only the icons that a page shows: a reader loads 30 KB in place of 690."""

import re
from pathlib import Path

from fontTools import subset
from sphinx.application import Sphinx

# name:[width,height,[other names],"unicode","path"] or a pair of paths, as the theme's minified file has them.
ICON = re.compile(r'"?([\w-]+)"?:\[\d+,\d+,\[([^\]]*)\],"[\da-f]+",(?:"[^"]*"|\["[^"]*","[^"]*"\])\],?')
USED = re.compile(r"\bfa-([a-z0-9-]+)")
RULE = re.compile(r'(\.fa-[^{}]*)\{content:"\\(f[\da-f]{3})"')  # .fa-name:before{content:"\f123"
CODE = re.compile(r'"\\(f[\da-f]{3})"')


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


def glyphs(css: str, used: set[str]) -> list[int]:
    """The code points that a style sheet shows: those of used icons, and those that it names outside the rule of an icon."""
    shown = {code for selector, code in RULE.findall(css) if used & set(USED.findall(selector))}
    named = shown | set(CODE.findall(RULE.sub("", css)))
    return sorted({int(code, 16) for code in named} | {ord(c) for c in css if "\uf000" <= c <= "\uf8ff"})


def keep_glyphs(font: Path, unicodes: list[int]) -> None:
    """Rewrite a .woff2 with these characters alone."""
    options = subset.Options(flavor="woff2", notdef_outline=True)
    loaded = subset.load_font(str(font), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=unicodes)
    subsetter.subset(loaded)
    subset.save_font(loaded, str(font), options)


def shrink(app: Sphinx, error: Exception | None) -> None:
    static = Path(app.outdir) / "_static"
    path = static / "scripts" / "fontawesome.js"
    if error or app.builder.format != "html" or not path.exists():
        return
    pages = list(Path(app.outdir).rglob("*.html"))
    scripts = [p for p in static.rglob("*.js") if "vendor" not in p.parts and p != path]
    used = {name for p in [*pages, *scripts] for name in USED.findall(p.read_text(encoding="utf-8"))}
    path.write_text(keep_used(path.read_text(encoding="utf-8"), used), encoding="utf-8")
    unicodes = glyphs("".join(p.read_text(encoding="utf-8") for p in static.rglob("*.css")), used)
    for font in (static / "vendor" / "fontawesome" / "webfonts").glob("*.woff2"):
        keep_glyphs(font, unicodes)


def setup(app: Sphinx) -> dict:
    app.connect("build-finished", shrink, priority=900)
    return {"version": "1", "parallel_read_safe": True}
