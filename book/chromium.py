"""Chromium without a window, which reaches the built book and no other host: for tests in a browser, and for the PDF."""

import functools
import http.server
import shutil
import threading
from pathlib import Path

from playwright.sync_api import Browser, Playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",  # no other host is reached
]
# The first has no windows, and opens a page in half the time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
# Formulas and letters are there, and what they set off has been drawn.
SETTLED = """() => Promise.all([window.MathJax?.startup?.promise, document.fonts.ready])
  .then(() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 50))))"""


def start_browser(playwright: Playwright, *more: str) -> Browser:
    """The first of `BROWSERS` that is installed, or Playwright's own; with more arguments."""
    installed = next(filter(None, map(shutil.which, BROWSERS)), None)
    return playwright.chromium.launch(executable_path=installed, args=[*ARGUMENTS, *more])


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # one connection for many files

    def log_message(self, *arguments):
        pass


def start_site(folder: Path) -> str:
    """Serve a folder until the process ends; its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietHandler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"
