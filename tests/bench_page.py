"""How fast is the network in the page? Measured in Chromium on the built book; see `make bench`."""

import time

from browser import conftest as browsing
from playwright.sync_api import sync_playwright

PAGES = {"pixels": "notebooks/run-sima.html", "latents": "notebooks/what-the-noise-hides.html"}
TIMES = """async () => {
  const slider = document.querySelector('[data-control="draw-timestep"]');
  const verdict = document.querySelector('[data-part="verdict"]'), curve = document.querySelector('[data-part="curve"]');
  const changes = (node, name) => new Promise(done => new MutationObserver((_, o) => { o.disconnect(); done(); })
    .observe(node, { attributes: true, attributeFilter: [name] }));
  const painted = () => new Promise(done => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    port2.postMessage(null);
  }));
  const pause = () => new Promise(done => setTimeout(done, 100));
  const median = v => v.sort((p, q) => p - q)[Math.floor(v.length / 2)];
  const [query, sweep] = [[], []];
  for (let i = 1; i < Number(slider.max); i++) {
    const drawn = changes(verdict, "data-norm"), started = performance.now();
    slider.value = i;
    slider.dispatchEvent(new Event("input"));
    await drawn;
    await painted();
    query.push(performance.now() - started);
    await pause();
  }
  const pad = document.querySelector(".tdr-pad");
  pad.focus();
  const press = key => pad.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  press(" ");
  await pause();
  for (let i = 0; i < 15; i++) {
    const drawn = changes(curve, "data-values"), started = performance.now();
    press("ArrowDown");
    await drawn;
    await painted();
    sweep.push(performance.now() - started);
    await pause();
  }
  return { query: median(query), sweep: median(sweep), longest: Math.max(0, ...window.longTasks) };
}"""
NO_DISPLAY = ("--disable-frame-rate-limit", "--disable-gpu-vsync")  # that would make a drawn frame wait for its next one
WATCH = """window.longTasks = [];
new PerformanceObserver(list => list.getEntries().forEach(e => window.longTasks.push(e.duration)))
  .observe({ type: "longtask", buffered: false });"""


def page():
    """The networks under the slider and under the pen; and how much a reader loads who never asks for them."""
    with sync_playwright() as playwright:
        browser = browsing.start_browser(playwright, *NO_DISPLAY)
        for name, path in PAGES.items():
            if not (browsing.SITE / path).exists():
                raise SystemExit("the book is not built; run `make book` first")
            yield from _measure(browser, name, path)
        browser.close()


def _measure(browser, name: str, path: str):
    site = browsing.start_site()
    seen = browsing.open_page(browser.new_context(), site, path)
    size = seen.weight()
    yield f"{name}: page without networks, compressed ({size / 2**20:.2f} MB) / the 1 MB that it may take", size, 2**20
    seen.page.evaluate(WATCH)
    started = time.perf_counter()
    seen.page.get_by_role("button", name="Load the network").click()
    seen.page.locator(".tdr-draw [data-part=state]").get_by_text("in this page").wait_for(timeout=60_000)
    passed = time.perf_counter() - started
    yield f"{name}: loading from the same machine ({passed:.2f} s) / 1 s", passed, 1
    seen.page.locator('[data-control="example"]').select_option(index=5)  # a drawing of one's own
    found = seen.page.evaluate(TIMES)
    yield f"{name}: slider event to drawn pixels, median ({found['query']:.1f} ms) / 10 ms", found["query"], 10
    yield f"{name}: stroke to drawn curve, every other timestep, median ({found['sweep']:.0f} ms) / 50 ms", found["sweep"], 50
    longest = found["longest"]
    yield f"{name}: longest task on the main thread since the button ({longest:.0f} ms; 0: under 50) / 50 ms", longest, 50
