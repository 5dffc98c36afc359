// Search: a term of the glossary is what a word most likely means, so its definition comes first; and an excerpt is text.
document.addEventListener("DOMContentLoaded", () => {
  const find = Search._performSearch;
  Search._performSearch = (query, ...more) => {
    const others = find(query, ...more).filter(([, , anchor]) => !anchor.startsWith("#term-"));
    return [...others, ...termsFor(query)]; // the page shows the last one first
  };
  Search.htmlToText = textOf;
  Search.makeSearchSummary = summaryOf;
});

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase(); // Frechet finds Fréchet
const words = (text) => folded(text).split(/[^\p{L}\p{N}_%]+/u).filter(Boolean);
const alike = (word, asked) => word.startsWith(asked) || (asked.startsWith(word) && word.length > 2 && asked.length - word.length <= 2);

// Results as Sphinx has them, [page, title, anchor, description, score, file], the best one last.
function termsFor(query) {
  const { objects, objtypes, docnames, filenames } = Search._index;
  const asked = words(query);
  const kind = Object.keys(objtypes).find((key) => objtypes[key] === "std:term");
  if (!kind || !asked.length) return [];
  const found = (objects[""] || [])
    .filter(([, type]) => String(type) === kind)
    .map(([file, , , anchor, name]) => ({ file, name, anchor: anchor === "-" ? `term-${name}` : anchor || name, parts: words(name) }))
    .filter(({ parts }) => asked.every((word) => parts.some((part) => alike(part, word))))
    .map((term) => ({ ...term, distance: term.parts.join(" ") === asked.join(" ") ? -1 : Math.abs(term.parts.length - asked.length) }));
  found.sort((a, b) => b.distance - a.distance || b.name.length - a.name.length);
  return found.map(({ file, name, anchor }) => [docnames[file], phrase("search.term", { name }), `#${anchor}`, null, 100, filenames[file]]);
}

const GREEK = {
  alpha: "α", beta: "β", gamma: "γ", delta: "δ", varepsilon: "ε", epsilon: "ε", eta: "η", theta: "θ", lambda: "λ", mu: "μ",
  nu: "ν", pi: "π", sigma: "σ", tau: "τ", varphi: "φ", Phi: "Φ", nabla: "∇", sqrt: "√", approx: "≈", le: "≤", ge: "≥",
  cdot: "·", times: "×", infty: "∞", sum: "∑", to: "→", ll: "≪", propto: "∝",
};
const OVER = { bar: "\u0304", hat: "\u0302", tilde: "\u0303" };

// A short formula as one would type it; of a long one only that it is there.
function readable(tex) {
  const text = tex
    .replace(/^\\\(|\\\)$/g, "")
    .replace(/\\(?:mathcal|mathbb|text|mathrm|operatorname\*?|left|right|big|Big|bigl|bigr)\b\s*/g, "")
    .replace(/\\[td]?frac\s*\{?([^{}]+?)\}?\s*\{?([^{}]+?)\}?(?=\W|$)/g, "$1/$2")
    .replace(/\\([A-Za-z]+)/g, (all, name) => GREEK[name] ?? (OVER[name] ? all : ""))
    .replace(/\\(bar|hat|tilde)\s*\{?\s*(.)\}?/gu, (_, name, letter) => letter + OVER[name])
    .replace(/\\\|/g, "‖")
    .replace(/\\[,;:! ]/g, " ")
    .replace(/[{}\\]/g, "");
  return text.length <= 30 ? text : "…";
}

const NO_TEXT = [
  ".headerlink", "script", "style", "svg", "pre", ".highlight", ".cell_input", ".cell_output", ".tdr", "table.dataframe",
  ".eqno", "div.math", ".toctree-wrapper", ".section-number", ".prev-next-footer", "nav",
].join(",");

function textOf(html, anchor) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const main = page.querySelector("article.bd-article, article, [role=main]");
  if (!main) return "";
  for (const node of main.querySelectorAll(NO_TEXT)) node.remove();
  for (const node of main.querySelectorAll(".math")) node.replaceWith(readable(node.textContent));
  let place = anchor ? main.querySelector(`#${CSS.escape(anchor.replace(/^#/, ""))}`) : null;
  if (place?.tagName === "DT") {
    while (place?.tagName === "DT") place = place.nextElementSibling; // terms of one definition follow each other
  }
  return (place ?? main).textContent.replace(/\s+/g, " ").trim();
}

const LENGTH = 240;

function summaryOf(html, keywords, anchor) {
  const text = textOf(html, anchor);
  if (!text) return null;
  const places = anchor ? [0] : [...keywords].map((word) => folded(text).indexOf(folded(word))).filter((place) => place >= 0);
  const wanted = Math.max(Math.min(...places, text.length) - LENGTH / 2, 0);
  const start = places.length && wanted ? text.indexOf(" ", wanted) + 1 : 0;
  const end = start + LENGTH < text.length ? text.lastIndexOf(" ", start + LENGTH) : text.length;
  const summary = document.createElement("p");
  summary.className = "context";
  summary.textContent = `${start ? "… " : ""}${text.slice(start, end)}${end < text.length ? " …" : ""}`;
  return summary;
}
