"""A chapter opens in JupyterLab as a reader should see it, and its cells run."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from book import lab

ROOT = Path(__file__).parents[2]
CHAPTER = "noise-in-noise-out"
QUIET = re.search(r"QUIET_LAB := (.*)", (ROOT / "Makefile").read_text())[1].split()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a JupyterLab on copies of the chapters, as `make lab` starts it."""
    folder = tmp_path_factory.mktemp("lab")
    lab.write(ROOT, folder)
    runtime, python = folder / "runtime", [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"JUPYTER_RUNTIME_DIR": str(runtime), "PYTHONPATH": os.pathsep.join(python)}
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--port=0",
        "--IdentityProvider.token=",
        *QUIET,
    ]
    process = subprocess.Popen([*command, f"--notebook-dir={folder / 'notebooks'}"], env=environment, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            written = list(runtime.glob("jpserver-*.json"))
            if written or process.poll() is not None:
                break
            time.sleep(0.1)
        yield json.loads(written[0].read_text())["url"]
    finally:
        process.terminate()
        process.wait(20)


def test_a_chapter_is_rendered_its_solution_folded_and_its_cells_run(browser, server):
    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    others = []
    page.on(
        "request",
        lambda request: others.append(request.url) if not request.url.startswith((server, "ws", "data:", "blob:")) else None,
    )
    page.goto(f"{server}lab/tree/{CHAPTER}.ipynb")
    notebook = page.locator(".jp-Notebook")
    notebook.locator("h1").wait_for(timeout=60_000)
    assert notebook.locator("h1").inner_text().startswith("Noise in, noise out")
    assert notebook.locator("blockquote").first.inner_text().startswith("In this chapter")
    assert not re.search(r"\{[\w:-]+\}|:::", " ".join(notebook.locator(".jp-MarkdownOutput").all_inner_texts()))
    page.get_by_text("(ipykernel) | Idle").wait_for(timeout=120_000)
    notebook.locator("h1").click()
    figure = notebook.locator(".jp-OutputArea-output img").first
    for _ in range(6):  # the title, how to use this, the imports, a heading, the first figure
        page.keyboard.press("Shift+Enter")
    figure.wait_for(timeout=150_000)
    assert notebook.locator("[data-mime-type*=error]").count() == 0
    assert others == []
    page.close()
