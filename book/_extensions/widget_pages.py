"""What does a page with widgets load? A loader of 3 KB, and a file for each kind of widget that pages share.

The widget manager that ``nb_ipywidgets_js`` names, 0.9 MB compressed, is left to pages with a widget that is no anywidget: a
slider of ipywidgets, say, joined to one of ours. The progress bar that a cell leaves behind becomes a line of text.
"""

import base64
import hashlib
import html
import json
import re
import zlib
from pathlib import Path

import numpy as np
from sphinx.application import Sphinx

from helpers.messages import in_language, phrase

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = re.compile(r'<script type="application/vnd\.jupyter\.widget-view\+json">(.*?)</script>', re.DOTALL)
REFERENCE = re.compile(r"(?:IPY_MODEL_|anywidget:)(\w+)")
SHOWN_BY_LOADER = {"AnyModel", "LayoutModel"}
BAR = ["HTMLModel", "FloatProgressModel", "HTMLModel"]
LOADER = "widgets.js"
FOLDER = "widgets"  # in _static
PLACE = '<div class="widget-place"{}>{}<p class="widget-waiting">' + phrase("page.needs-javascript") + "</p></div>"
LINE = '<div class="output text_plain highlight-myst-ansi notranslate"><div class="highlight"><pre>{}</pre></div></div>'
WIDTHS = ("narrow", "middle", "wide")  # of the window, as book.css has them
HEIGHTS: dict[str, dict[str, list[int]]] = json.loads(Path(__file__).with_name("widget_heights.json").read_text())
State = dict[str, dict]
NOTHING: dict = {"state": {}}


def reached(state: State, roots: set[str]) -> set[str]:
    """The ids of these models and of all that they refer to."""
    found: set[str] = set()
    new = roots & set(state)
    while new:
        found |= new
        new = {name for model in new for name in REFERENCE.findall(json.dumps(state[model]["state"]))} & set(state) - found
    return found


def bar(state: State, name: str) -> str | None:
    """What a progress bar of tqdm says, or None for another widget."""
    names = REFERENCE.findall(json.dumps(state.get(name, {}).get("state", {}).get("children")))
    children = [state[child] for child in names if child in state]
    if [child["model_name"] for child in children] != BAR:
        return None
    ends = (html.unescape(re.sub(r"<[^>]*>", "", child["state"]["value"])) for child in (children[0], children[2]))
    return " | ".join(" ".join(text.split()) for text in ends)


def deflated(raw: bytes, rows: set[int]) -> dict:
    """The smallest of: the bytes as they are; 16-bit numbers less those a row before, low bytes first, for each count of rows."""
    best = {"encoding": "deflate", "data": zlib.compress(raw, 9)}
    for stride in {len(raw) // 2 // k for k in rows if k > 1 and len(raw) % (2 * k) == 0 and len(raw) > 2 * k}:
        numbers = np.frombuffer(raw, "<u2").reshape(-1, stride)
        changes = np.diff(numbers, axis=0, prepend=np.zeros((1, stride), "<u2")).astype("<u2")
        data = zlib.compress(changes.view(np.uint8).reshape(-1, 2).T.tobytes(), 9)
        if len(data) < len(best["data"]):
            best = {"encoding": "deflate", "stride": stride, "data": data}
    return best | {"data": base64.b64encode(best["data"]).decode()}


def inflated(buffer: dict) -> bytes:
    """What `deflated` was given; a buffer of another encoding is in base64."""
    data = base64.b64decode(buffer["data"])
    if buffer["encoding"] != "deflate":
        return data
    data = zlib.decompress(data)
    if "stride" not in buffer:
        return data
    changes = np.frombuffer(data, np.uint8).reshape(2, -1).T.copy().view("<u2").reshape(-1, buffer["stride"])
    return changes.cumsum(axis=0, dtype="<u2").tobytes()


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def kind(model: dict) -> str:
    return model["state"].get("_anywidget_id", "").rpartition(".")[2] or "Widget"


def shared(state: State) -> tuple[State, dict[str, str]]:
    """The state with less in it: scripts and styles are files that pages share, {path: text}, and its buffers are deflated."""
    left, files = {}, {}
    for name, model in state.items():
        values = dict(model["state"])
        left[name] = model | {"state": values}
        if script := in_language(values.pop("_esm", "")):  # the messages as they are now, whenever its chapter was executed
            source = left[name]["source"] = f"{kind(model)}.{digest(script)}"
            register = f"(window.widgetSources ??= {{}})[{json.dumps(source)}] = {json.dumps(script, ensure_ascii=False)};\n"
            files[f"{FOLDER}/{source}.js"] = register
        if style := values.pop("_css", ""):
            files[f"{FOLDER}/{digest(style)}.css"] = style
        if "buffers" in model:
            rows = {len(value) for value in values.values() if isinstance(value, list)}
            left[name]["buffers"] = [{"path": b["path"]} | deflated(inflated(b), rows) for b in model["buffers"]]
    return left, files


def place(view: str, model: dict, pagename: str) -> str:
    """Where the loader puts a widget, as high as the widget will be if that is known."""
    measured = HEIGHTS.get(kind(model), {})
    heights = measured.get(pagename) or next(iter(measured.values()), [])
    style = "; ".join(f"--{width}: {height}px" for width, height in zip(WIDTHS, heights, strict=False))
    return PLACE.format(f' style="{style}"' if style else "", view)


def lighten(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Give a page whose widgets are all anywidgets the loader in place of the manager."""
    views = {json.loads(view)["model_id"] for view in VIEW.findall(context.get("body", ""))}
    embedded = next((f for f in context.get("script_files", []) if f.attributes.get("type") == STATE), None)
    if app.builder.format != "html" or not (views or embedded):
        return
    whole = json.loads(embedded.attributes["body"]) if embedded else NOTHING
    state: State = whole["state"]
    bars = {view: said for view in views if (said := bar(state, view)) is not None}
    if {state[name]["model_name"] for name in set(state) - reached(state, set(bars))} - SHOWN_BY_LOADER:
        return
    left, files = shared({name: state[name] for name in reached(state, views - set(bars))})

    def put(view: re.Match) -> str:
        name = json.loads(view[1])["model_id"]
        return LINE.format(html.escape(bars[name])) if name in bars else place(view[0], state.get(name, NOTHING), pagename)

    context["body"] = VIEW.sub(put, context["body"])
    manager = {f"_static/{path}" for path in app.config.nb_ipywidgets_js}
    context["script_files"][:] = [f for f in context["script_files"] if f is not embedded and str(f.filename) not in manager]
    if views - set(bars):
        _load(app, files)
        text = json.dumps(whole | {"state": left}).replace("</", "<\\/")
        context["body"] += f'<script type="{STATE}">{text}</script>'  # behind the text, which is read first


def _load(app: Sphinx, files: dict[str, str]) -> None:
    for path, text in files.items():
        file = Path(app.outdir) / "_static" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for path in [path for path in files if path.endswith(".js")] + [LOADER]:
        app.add_js_file(path, loading_method="defer", priority=400)  # before MathJax, which takes its time
    for path in files:
        if path.endswith(".css"):
            app.add_css_file(path, priority=900)  # behind those of the book, as the manager has it


def setup(app: Sphinx) -> dict:
    app.setup_extension("spoken")  # whose messages the loader says
    app.connect("html-page-context", lighten, priority=600)  # after myst_nb has added what the page's notebook asks for
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
