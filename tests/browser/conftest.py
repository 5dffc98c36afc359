"""A browser that may talk to the built book and to nobody else."""

import base64
import gzip
import importlib.util
import json
import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from playwright.sync_api import Error, Page, sync_playwright

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"


def loaded(path):
    """A module by its file: scripts that import this one find no package `book`."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


widget_pages = loaded(ROOT / "book" / "_extensions" / "widget_pages.py")
chromium = loaded(ROOT / "book" / "chromium.py")
SETTLED, start_browser = chromium.SETTLED, chromium.start_browser


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright):
    try:
        browser = start_browser(playwright)
    except Error as error:
        message = "NO BROWSER: install chromium, or run `.venv/bin/playwright install chromium`, to test the widgets"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{message} ({error})")
        warnings.warn(message, stacklevel=1)
        pytest.skip(message)
    yield browser
    browser.close()


# WebGPU of Chromium's own, in software.
SOFTWARE_GPU = (
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
    "--ignore-gpu-blocklist",
)


def start_site(folder: Path = SITE) -> str:
    """Serve the built book, or another folder, until the process ends; its address."""
    return chromium.start_site(folder)


@pytest.fixture(scope="session")
def site():
    if not (SITE / "index.html").exists():
        pytest.fail("the book is not built; run `make book` first")
    return start_site()


@dataclass
class Visit:
    """A page, and what went wrong on it."""

    page: Page
    other_hosts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    requests: set[str] = field(default_factory=set)

    def weight(self) -> int:
        """Bytes, compressed, of all that the page has asked this site for, its fonts included."""
        files = {SITE / unquote(urlparse(url).path).lstrip("/") for url in self.requests if url.startswith("http")}
        return sum(len(gzip.compress(file.read_bytes())) for file in files if file.is_file())

    def state(self, trait: str) -> dict:
        """The embedded state of the widget that has this trait, its binary traits as bytes."""
        text = self.page.locator('script[type="application/vnd.jupyter.widget-state+json"]').text_content()
        model = next(m for m in json.loads(text)["state"].values() if trait in m["state"] or trait in _buffers(m))
        return model["state"] | _buffers(model)

    def move(self, name: str, value: float) -> None:
        """Move a widget's slider as a hand would: the value changes, the input event follows."""
        slider = self.page.locator(f'[data-control="{name}"]')
        slider.evaluate("(node, value) => { node.value = value; node.dispatchEvent(new Event('input')); }", value)


def _buffers(model: dict) -> dict[str, bytes]:
    return {buffer["path"][0]: widget_pages.inflated(buffer) for buffer in model.get("buffers", [])}


def open_page(context, site: str, path: str) -> Visit:
    visit = Visit(context.new_page())

    def note(request):
        visit.requests.add(request.url)
        if not request.url.startswith((site, "data:", "blob:")):
            visit.other_hosts.append(request.url)

    visit.page.on("request", note)
    visit.page.on("console", lambda m: visit.problems.append(m.text) if m.type == "error" else None)
    visit.page.on("pageerror", lambda error: visit.problems.append(str(error)))
    visit.page.on("response", lambda r: visit.problems.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    visit.page.goto(site + path)
    visit.page.wait_for_function("!document.querySelector('.widget-place')")  # where a widget will be
    visit.page.evaluate(SETTLED)
    return visit


@pytest.fixture
def visit(browser, site):
    """visit("notebooks/run-sima.html", width=390, dark=True) opens a page with every other host blocked."""
    contexts = []

    def go(path: str, width: int = 1280, dark: bool = False) -> Visit:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"))
        return open_page(contexts[-1], site, path)

    yield go
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def visit_with_gpu(playwright, browser, site):
    """visit_with_gpu("notebooks/run-sima.html", script) opens a page in a browser with WebGPU, after the script."""
    other = start_browser(playwright, *SOFTWARE_GPU)

    def go(path: str, script: str) -> Visit:
        context = other.new_context(viewport={"width": 1280, "height": 900})
        context.add_init_script(script)
        seen = open_page(context, site, path)
        if not seen.page.evaluate("navigator.gpu?.requestAdapter().then(Boolean)"):
            pytest.skip("this browser has no WebGPU, not even in software")
        return seen

    yield go
    other.close()


MOUNTED = """<!doctype html><html lang="en" data-content_root="./"><head><meta charset="utf-8"><title>A widget</title>
<meta name="viewport" content="width=device-width"></head><body>%s<script type="module">
const decoded = text => new DataView(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer);
for (const [i, { code, css, state, bytes }] of %s.entries()) {
  for (const [name, text] of Object.entries(bytes)) state[name] = decoded(text);
  const model = { get: name => state[name], set: (name, v) => (state[name] = v), on() {}, off() {}, save_changes() {} };
  const module = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  module.default.render({ model, el: document.querySelectorAll(".mount")[i] });
}
document.documentElement.dataset.mounted = true;
</script></body></html>"""


def page_of(widgets) -> str:
    """A page that holds these widgets and nothing else."""
    held = []
    for widget in widgets:
        state = widget.get_state()
        traits = {name: value for name, value in state.items() if not name.startswith("_") and name != "layout"}
        is_bytes = {name: isinstance(value, bytes | memoryview) for name, value in traits.items()}
        held.append(
            {
                "code": state["_esm"],
                "css": state["_css"],
                "state": {name: value for name, value in traits.items() if not is_bytes[name]},
                "bytes": {name: base64.b64encode(value).decode() for name, value in traits.items() if is_bytes[name]},
            }
        )
    return MOUNTED % ("<div class='mount'></div>" * len(held), json.dumps(held).replace("</", "<\\/"))


def open_mounted(context, address: str) -> Visit:
    seen = Visit(context.new_page())
    seen.page.on("console", lambda m: seen.problems.append(m.text) if m.type == "error" else None)
    seen.page.on("pageerror", lambda error: seen.problems.append(str(error)))
    seen.page.on("request", lambda request: seen.requests.add(request.url))
    seen.page.goto(address)
    seen.page.locator("html[data-mounted]").wait_for()
    return seen


@pytest.fixture(scope="module")
def mounted(browser, tmp_path_factory):
    """mounted(widget, ..., width=390, address="#...") opens a page from a file, with these widgets and nothing else on it; it
    is a page of the site, or (site=False) a notebook."""
    contexts = []

    def go(*widgets, width: int = 1280, address: str = "", site: bool = True, **options) -> Visit:
        path = tmp_path_factory.mktemp("page") / "page.html"
        page = page_of(widgets)
        path.write_text(page if site else page.replace(' data-content_root="./"', ""), encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **options))
        return open_mounted(contexts[-1], path.as_uri() + address)

    yield go
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def served(browser, tmp_path_factory):
    """served(widget, ..., width=390) opens a page with these widgets and nothing else on it, from a site that has the files of
    networks."""
    contexts, folder = [], tmp_path_factory.mktemp("site")
    (folder / "_static").mkdir()
    for path in [*(ROOT / "helpers/widgets/runtime").iterdir(), *(ROOT / "helpers/zoo/committed/onnx").iterdir()]:
        (folder / "_static" / path.name).symlink_to(path)
    site = start_site(folder)

    def go(*widgets, width: int = 1280, **options) -> Visit:
        name = f"page-{len(contexts)}.html"
        (folder / name).write_text(page_of(widgets), encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **options))
        return open_mounted(contexts[-1], site + name)

    yield go
    for context in contexts:
        context.close()


def pytest_generate_tests(metafunc):
    chosen = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "kept" in metafunc.fixturenames and "kept" not in chosen:
        pages = getattr(metafunc.module, "PAGES", None) or [metafunc.module.PAGE]
        metafunc.parametrize("kept", pages, indirect=True, scope="module")


@pytest.fixture(scope="module")
def kept(request, browser, site):
    """The module's PAGE, or each of its PAGES, opened once, for tests that set every control that they look at. One of PAGES is
    a path, or a path, a width in pixels and whether it is dark."""
    path, width, dark = request.param if isinstance(request.param, tuple) else (request.param, 1280, False)
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
    yield open_page(context, site, path)
    context.close()
