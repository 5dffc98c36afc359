"""Pages of a teacher's own widgets: mounted by the loader where all are anywidgets, by the widget manager where one is not."""

import anywidget
import nbformat
import pytest
import traitlets
import yaml
from conftest import ROOT, open_page, start_site
from ipywidgets import HTML, FloatProgress, HBox, IntSlider, Widget, jslink
from ipywidgets.embed import dependency_state
from sphinx.application import Sphinx

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]["config"]


class Counter(anywidget.AnyWidget):
    """A button that counts how often it was pressed, in all its views."""

    _esm = """export default { render({ model, el }) {
      const button = document.createElement("button");
      const show = () => button.textContent = `${model.get("label")} ${model.get("n")}`;
      button.onclick = () => { model.set("n", model.get("n") + 1); model.save_changes(); };
      model.on("change:n", show);
      show();
      el.append(button);
    } };"""
    _css = "button { min-width: 123px }"
    n = traitlets.Int(0).tag(sync=True)
    label = traitlets.Unicode("counted").tag(sync=True)


class Bytes(anywidget.AnyWidget):
    """The sum of its bytes; a module that is a function, and tells what it was given before it was shown."""

    _esm = """export default () => ({
      initialize({ model }) { model.set("sum", new Uint8Array(model.get("data").buffer).reduce((p, q) => p + q)); },
      render({ model, el }) { el.textContent = `sum ${model.get("sum")}`; },
    });"""
    data = traitlets.Bytes().tag(sync=True)
    sum = traitlets.Int(0).tag(sync=True)


class Parent(anywidget.AnyWidget):
    """A widget that shows another one twice, and removes one of its views when it is clicked."""

    _esm = """export default { async render({ model, el, host, signal }) {
      const reference = model.get("child");
      const child = await model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
      const said = el.appendChild(document.createElement("output"));
      const say = () => said.textContent = `child at ${child.get("n")}, ${Boolean(signal)}`;
      child.on("change", say);
      say();
      const widget = await host.getWidget(reference.replace("IPY_MODEL_", "anywidget:"));
      const inner = new AbortController();
      await widget.render({ el: el.appendChild(document.createElement("div")), signal: inner.signal });
      said.onclick = () => inner.abort();
    } };"""
    child = traitlets.Unicode().tag(sync=True)


class Broken(anywidget.AnyWidget):
    _esm = "export default { render() { throw new Error('no such data'); } };"


class Garbled(anywidget.AnyWidget):
    _esm = "export default {"


def notebook(*widgets: Widget | str):
    """Executed cells, each of which shows a widget; a name stands for a widget whose state is lost."""
    there = [w for w in widgets if isinstance(w, Widget)]
    names = [w.model_id if isinstance(w, Widget) else w for w in widgets]
    cells = [nbformat.v4.new_markdown_cell("# A page")]
    for name in names:
        view = {VIEW: {"model_id": name, "version_major": 2, "version_minor": 0}}
        cells.append(nbformat.v4.new_code_cell("show()", outputs=[nbformat.v4.new_output("display_data", view)]))
    state = {"version_major": 2, "version_minor": 0, "state": dependency_state(there, drop_defaults=False)}
    return nbformat.v4.new_notebook(cells=cells, metadata={"widgets": {STATE: state}})


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A site of pages with widgets; its folder."""
    folder = tmp_path_factory.mktemp("tiny")
    source = folder / "source" / "notebooks"
    source.mkdir(parents=True)
    counter, slider, twice = Counter(n=3), IntSlider(value=3, description="n"), Counter(layout={"width": "234px"})
    jslink((slider, "value"), (counter, "n"))
    pages = {
        "linked": notebook(slider, counter),
        "own": notebook(twice, twice, Bytes(data=bytes(range(100))), Parent(child=f"IPY_MODEL_{twice.model_id}")),
        "broken": notebook("lost", Broken(), Garbled(), Counter(label="whole")),
        "damaged": notebook(Counter()),
        "bar": notebook(HBox([HTML("100%"), FloatProgress(), HTML(" 9/9")])),
    }
    for name, content in pages.items():
        nbformat.write(content, source / f"{name}.ipynb")
    (folder / "source" / "index.md").write_text("# A book\n\n```{toctree}\n:glob:\n\nnotebooks/*\n```\n")
    config = {
        "extensions": ["myst_nb", "widget_pages"],
        "nb_execution_mode": "off",
        "html_theme": "basic",
        "html_static_path": [str(ROOT / "book" / "_static")],
        "html_extra_path": [str(ROOT / "book" / "_extra")],
        "nb_ipywidgets_js": CONFIG["nb_ipywidgets_js"],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "book" / "_extensions"))
        places = [str(folder / name) for name in ("source", "site", "doctrees")]
        Sphinx(places[0], None, *places[1:], "html", confoverrides=config, status=None).build()
    damaged = folder / "site" / "notebooks" / "damaged.html"
    damaged.write_text(damaged.read_text().replace('{"state"', '{"state', 1))
    return folder / "site"


@pytest.fixture
def look(browser, tiny):
    """look("own") opens a page of the tiny site."""
    context = browser.new_context()
    site = start_site(tiny)
    yield lambda name: open_page(context, site, f"notebooks/{name}.html")
    context.close()


def test_a_slider_of_another_kind_that_is_joined_to_one_of_ours_has_the_manager(look):
    seen = look("linked")
    button = seen.page.get_by_role("button", name="counted 3")
    button.wait_for()
    seen.page.get_by_role("slider").focus()
    seen.page.keyboard.press("ArrowRight")
    seen.page.get_by_role("button", name="counted 4").click()
    seen.page.get_by_text("5", exact=True).wait_for()  # beside the slider
    assert (seen.problems, seen.other_hosts) == ([], [])
    assert any("embed-amd" in url for url in seen.requests)


def test_anywidgets_alone_need_no_manager_and_their_views_share_a_model(look):
    seen = look("own")
    assert not [url for url in seen.requests if "vendor/" in url]
    buttons = seen.page.locator(".widget-shown button")
    assert buttons.all_inner_texts() == ["counted 0"] * 3  # the third inside of another widget
    buttons.first.click()
    assert buttons.all_inner_texts() == ["counted 1"] * 3
    assert buttons.first.evaluate("node => getComputedStyle(node).minWidth") == "123px"
    assert buttons.first.locator("..").evaluate("node => node.style.width") == "234px"
    assert seen.page.get_by_text("sum 4950").is_visible()
    assert (seen.problems, seen.other_hosts) == ([], [])


def test_a_view_inside_another_widget_hears_nothing_once_it_is_removed(look):
    seen = look("own")
    inner = seen.page.locator(".widget-shown button").last
    said = seen.page.locator("output")
    seen.page.locator(".widget-shown button").first.click()
    assert (said.inner_text(), inner.inner_text()) == ("child at 1, true", "counted 1")
    said.click()
    seen.page.locator(".widget-shown button").first.click()
    assert (said.inner_text(), inner.inner_text()) == ("child at 2, true", "counted 1")


def test_a_widget_that_cannot_be_shown_says_why_and_the_others_are_shown(look):
    seen = look("broken")
    messages = seen.page.locator(".widget-broken").all_inner_texts()
    assert [message.split(": ")[0] for message in messages] == ["This interactive figure cannot be shown"] * 3
    lost, broken, garbled = (message.split(": ", 1)[1] for message in messages)
    assert lost == "its data are not in this page."
    assert broken == "no such data."
    assert "Unexpected end" in garbled
    assert seen.page.get_by_role("button", name="whole 0").is_visible()


def test_a_state_that_cannot_be_read_leaves_no_blank(look):
    (message,) = look("damaged").page.locator(".widget-broken").all_inner_texts()
    assert "its data are damaged" in message


def test_a_progress_bar_is_text_and_loads_nothing(look, tiny):
    seen = look("bar")
    assert seen.page.get_by_text("100% | 9/9").is_visible()
    assert "widget" not in (tiny / "notebooks" / "bar.html").read_text()
    assert not [url for url in seen.requests if "widgets" in url or "vendor" in url]


def test_a_page_opened_from_a_file_shows_its_widgets(browser, tiny):
    page = browser.new_page()
    page.goto((tiny / "notebooks" / "own.html").as_uri())
    page.get_by_text("sum 4950").wait_for()
    page.close()


def test_without_scripts_a_page_says_what_is_missing(browser, tiny):
    page = browser.new_page(java_script_enabled=False)
    page.goto((tiny / "notebooks" / "own.html").as_uri())
    assert page.get_by_text("This interactive figure needs JavaScript.").count() == 4
    page.close()
