// What the theme, MathJax and the tables of pandas leave out for readers who use a keyboard, a screen reader or paper.
document.addEventListener("DOMContentLoaded", () => {
  for (const header of document.querySelectorAll("th")) {
    if (header.textContent.trim() || header.children.length > 1) continue;
    const cell = document.createElement("td"); // a header that says nothing is none
    cell.className = header.className;
    header.replaceWith(cell);
  }
  for (const entry of document.querySelectorAll(".citation-list > .citation")) entry.setAttribute("role", "listitem");
  for (const toggle of document.querySelectorAll(".bd-sidebar-primary summary")) toggle.setAttribute("aria-label", phrase("page.below"));
  const sidebar = document.querySelector(".bd-sidebar-primary");
  sidebar?.setAttribute("role", "region");
  sidebar?.setAttribute("aria-label", phrase("page.book"));
});

// On a narrow page the contents lie over the text: who has chosen a section wants to see it.
addEventListener("click", (event) => {
  if (event.target.closest?.("#pst-secondary-sidebar-modal a")) event.target.closest("dialog").close();
});

// The three icons of the colour mode are drawn late, in place of others, and name themselves; the button has a name.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll(".theme-switch-button")) {
    const quiet = () => {
      for (const title of button.querySelectorAll("title")) title.remove();
      for (const icon of button.children) for (const name of ["title", "role", "aria-labelledby"]) icon.removeAttribute(name);
    };
    quiet();
    new MutationObserver(quiet).observe(button, { childList: true });
  }
});

// Who speaks to a page names a button by the text that it shows.
addEventListener("load", () => {
  for (const node of document.querySelectorAll("button[aria-label], summary[aria-label]")) {
    const shown = node.textContent.replace(/\s+/g, " ").trim();
    if (shown && !node.getAttribute("aria-label").includes(shown)) node.removeAttribute("aria-label");
  }
});

// What scrolls inside itself shows on which side there is more, and can be scrolled from the keyboard, too.
const WIDE = ".bd-article :is(table, pre, .figure-plot, mjx-container[display])";

// The columns of names at the left of a table, their headers too, stay where they are when the rest scrolls.
function keepNames(table) {
  const from = table.getBoundingClientRect().left;
  const columns = Math.max(0, ...[...table.querySelectorAll("tbody tr")].map((row) => row.querySelectorAll("th").length));
  const headers = [...table.querySelectorAll("thead tr")].flatMap((row) => [...row.children].slice(0, columns));
  const cells = [...headers, ...table.querySelectorAll("tbody th")];
  for (const cell of cells) cell.style.removeProperty("--from"); // where they stood before would keep them there
  const places = cells.map((cell) => cell.getBoundingClientRect().left - from - table.clientLeft);
  cells.forEach((cell, i) => {
    cell.classList.add("name");
    cell.style.setProperty("--from", `${places[i]}px`);
  });
}

function mark(node) {
  const hidden = node.scrollWidth - node.clientWidth;
  node.classList.toggle("scrolls", hidden > 1);
  node.classList.toggle("more-left", node.scrollLeft > 1);
  node.classList.toggle("more-right", hidden > 1 && node.scrollLeft < hidden - 1);
  if (node.matches("table") && !node.scrollLeft) keepNames(node);
  if (hidden > 1) node.tabIndex = 0;
  else node.removeAttribute("tabindex");
}

addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  const sizes = new ResizeObserver((entries) => {
    const nodes = entries.map((entry) => entry.target.closest(WIDE)); // none where a widget drew its table anew
    nodes.filter(Boolean).forEach(mark);
  });
  for (const node of document.querySelectorAll(WIDE)) {
    // Its frame may change, or what is in it, as when the font of a formula arrives.
    for (const part of [node, ...node.querySelectorAll(":scope > *, tr:first-child > *")]) sizes.observe(part);
    node.addEventListener("scroll", () => mark(node), { passive: true });
  }
  await document.fonts.ready;
  document.querySelectorAll(WIDE).forEach(mark);
});

// A page inside of the page scrolls by keyboard too, but no style can tell that it is where the keyboard is.
const frames = () => {
  for (const frame of document.querySelectorAll("iframe")) frame.classList.toggle("has-focus", frame === document.activeElement);
};
addEventListener("blur", () => setTimeout(frames));
addEventListener("focus", () => setTimeout(frames));

// Paper is white, and nothing on it unfolds.
const paper = matchMedia("print");
let before = null;

function print() {
  if (before) return;
  const folds = [...document.querySelectorAll("details:not([open])")];
  const frames = [...document.querySelectorAll(".bd-article iframe")].map((frame) => [frame, frame.style.height]);
  before = { folds, frames, theme: document.documentElement.dataset.theme };
  for (const fold of folds) fold.open = true;
  for (const [frame] of frames) frame.style.height = `${frame.contentDocument?.documentElement.scrollHeight}px`; // none scrolls on paper
  document.documentElement.dataset.theme = "light";
}

function restore() {
  if (!before) return;
  for (const fold of before.folds) fold.open = false;
  for (const [frame, height] of before.frames) frame.style.height = height;
  document.documentElement.dataset.theme = before.theme;
  before = null;
}

addEventListener("beforeprint", print);
addEventListener("afterprint", restore);
paper.addEventListener("change", () => paper.matches ? print() : restore());
