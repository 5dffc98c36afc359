// Which chapters were read and which questions were answered right: kept in this browser, and nowhere else.
document.addEventListener("DOMContentLoaded", () => {
  const KEY = "the-denoiser-remembers";
  const root = new URL(document.documentElement.dataset.content_root ?? "./", location.href);
  const nameOf = (/** @type {string} */ address) =>
    new URL(address, location.href).pathname.slice(root.pathname.length).replace(/(\.html)?$/, "");
  const here = nameOf(location.href);
  const quiz = [...document.querySelectorAll(".question.quiz")];

  /** @returns {{read: Record<string, boolean>, right: Record<string, string[]>}} by name of the page */
  function stored() {
    try {
      const { read = {}, right = {} } = JSON.parse(localStorage.getItem(KEY) ?? "{}");
      return { read, right };
    } catch { // of another form than ours
      return { read: {}, right: {} };
    }
  }
  function store(change) {
    const progress = stored();
    change(progress);
    try {
      localStorage.setItem(KEY, JSON.stringify(progress));
    } catch { // full: it is not worth a complaint
    }
    show();
  }

  const make = (tag, name, text = "") => Object.assign(document.createElement(tag), { className: name, textContent: text });
  const count = make("p", "progress-count");
  const note = make("aside", "progress-note");
  note.setAttribute("aria-label", phrase("progress.yours"));
  const mark = Object.assign(make("button", "progress-button"), { type: "button" });
  const clear = Object.assign(make("button", "progress-button", phrase("progress.forget")), { type: "button" });
  const all = make("p", "progress-all");
  note.append(mark, clear, all);

  function show() {
    const { read, right } = stored();
    for (const link of document.querySelectorAll(".bd-sidebar-primary a, #pst-primary-sidebar-modal a")) {
      link.querySelector(".progress-tick")?.remove();
      if (!read[nameOf(/** @type {HTMLAnchorElement} */ (link).href)] || link.matches(".logo")) continue;
      const tick = make("span", "progress-tick", " ✓");
      tick.title = phrase("progress.read");
      tick.append(make("span", "visually-hidden", ` (${phrase("progress.read")})`));
      link.append(tick);
    }
    const chapters = Object.values(read).filter(Boolean).length;
    const answers = Object.values(right).flat().length;
    count.textContent = phrase("progress.right", { right: (right[here] ?? []).length, n: quiz.length });
    mark.textContent = read[here] ? phrase("progress.take-back") : phrase("progress.mark");
    clear.style.visibility = chapters || answers || here in read ? "visible" : "hidden"; // it keeps its place: nothing moves
    const [pages, questions] = [phrase("progress.pages", { n: chapters }), phrase("progress.questions", { n: answers })];
    all.textContent = phrase("progress.all", { pages, questions });
  }

  if (quiz.length) {
    quiz.at(-1).after(count);
    for (const question of quiz) {
      question.addEventListener("change", () => {
        const verdicts = [...question.querySelectorAll(".question-verdict")];
        const chosen = [...question.querySelectorAll("input")].findIndex((input) => input.checked);
        if (!verdicts[chosen].classList.contains("right")) return;
        store(({ right }) => (right[here] = [...new Set([...(right[here] ?? []), question.id])]));
      });
    }
    mark.addEventListener("click", () => store(({ read }) => (read[here] = !read[here])));
    clear.addEventListener("click", () => {
      store((progress) => Object.assign(progress, { read: {}, right: {} }));
      mark.focus(); // the button that was pressed has gone
    });
    document.querySelector("article.bd-article")?.append(note);
    // Whoever scrolled to the end has read it, unless they say otherwise.
    const end = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting || scrollY === 0) return;
      end.disconnect();
      if (!(here in stored().read)) store(({ read }) => (read[here] = true));
    });
    end.observe(note);
  }
  show();
});
