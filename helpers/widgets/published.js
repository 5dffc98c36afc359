// Tables of published figures and of ours, which a reader sorts by any column.
import { metricRadios } from "./controls.js";
import { html, set } from "./dom.js";
import { phrase } from "./messages.js";
import { panel } from "./settings.js";
import { traits } from "./traits.js";

const UNSORTED = -1;
const MARKS = { ahead: "▲", level: "=", behind: "" };
const SPOKEN = { ahead: phrase("published.ahead-sign"), level: phrase("published.level-sign"), behind: "" };

// Where a figure stands to that of the baseline in the same row.
const side = (value, reference) => value > reference ? "ahead" : value === reference ? "level" : "behind";

// The order of rows: by a column, largest first or last; UNSORTED keeps the order given.
export function orderOf(rows, column, falling) {
  const order = rows.map((_, i) => i);
  if (column === UNSORTED) return order;
  return order.sort((i, j) => (falling ? 1 : -1) * (rows[j][column] - rows[i][column]) || i - j);
}

function render({ model, el }) {
  const [attacks, metrics, baseline, groups] = traits(model, "attacks", "metrics", "baseline", "groups");
  let [metric, column, falling] = [0, UNSORTED, true];

  const heads = [phrase("published.model"), ...attacks].map((name, i) => {
    const arrow = html("span", { class: "tdr-arrow", "aria-hidden": "true" });
    const press = html(
      "button",
      { type: "button", class: "tdr-sort", "data-sort": name, onclick: () => sortBy(i - 1) },
      name,
      arrow,
    );
    return { cell: html("th", { scope: "col" }, press), arrow };
  });
  const bodies = groups.map(() => html("tbody"));
  const caption = html("caption");
  const table = html(
    "table",
    {},
    caption,
    html("thead", {}, html("tr", {}, ...heads.map(({ cell }) => cell))),
    ...bodies,
  );
  const status = html("p", { class: "tdr-status", role: "status" });

  function rowOf(name, values) {
    const best = Math.max(...values);
    const cells = values.map((value, attack) => {
      const where = attack === baseline ? "behind" : side(value, values[baseline]);
      const share = Math.max(0, Math.min(1, metrics[metric].startsWith("TPR") ? value : 2 * value - 1));
      return html(
        "td",
        {
          style: `background: rgb(0 114 178 / ${(0.45 * share).toFixed(3)})`,
          "data-side": where,
          "data-value": value,
          ...(value === best && { class: "tdr-best" }),
        },
        html("span", {
          class: "tdr-mark",
          role: "img",
          "aria-label": SPOKEN[where],
          "aria-hidden": where === "behind",
          text: MARKS[where],
        }),
        value.toFixed(3),
      );
    });
    return html("tr", { "data-model": name }, html("th", { scope: "row", text: name }), ...cells);
  }

  function counted({ title, models, values }, attack) {
    const sides = values[metric].map((row) => side(row[attack], row[baseline]));
    const count = (which) => sides.filter((found) => found === which).length;
    return phrase("published.ahead", {
      title,
      ahead: count("ahead"),
      n: models.length,
      level: count("level") ? phrase("published.level", { n: count("level") }) : "",
    });
  }

  function sentence() {
    const attack = column === UNSORTED || column === baseline ? undefined : column;
    if (attack === undefined) {
      return phrase("published.unsorted", { metric: metrics[metric] });
    }
    return phrase("published.against", {
      metric: metrics[metric],
      attack: attacks[attack],
      baseline: attacks[baseline],
      groups: groups.map((group) => counted(group, attack)).join(". "),
    });
  }

  function draw() {
    groups.forEach((group, g) => {
      const order = orderOf(group.values[metric], column, falling);
      bodies[g].replaceChildren(
        html(
          "tr",
          {},
          html("th", { scope: "rowgroup", colspan: attacks.length + 1, class: "tdr-group", text: group.title }),
        ),
        ...order.map((i) => rowOf(group.models[i], group.values[metric][i])),
        html(
          "tr",
          { class: "tdr-ranks" },
          html("th", { scope: "row", text: phrase("published.rank") }),
          ...group.ranks[metric].map((rank) => html("td", { text: rank.toFixed(1) })),
        ),
      );
    });
    heads.forEach(({ cell, arrow }, i) => {
      const sorted = i - 1 === column && column !== UNSORTED;
      arrow.textContent = sorted ? (falling ? " ↓" : " ↑") : "";
      set(cell, { "aria-sort": sorted ? (falling ? "descending" : "ascending") : "none" });
    });
    caption.textContent = phrase("published.caption", { metric: metrics[metric], baseline: attacks[baseline] });
    status.textContent = sentence();
  }

  function sortBy(chosen) {
    falling = chosen === column ? !falling : true;
    column = chosen;
    draw();
  }

  const choice = metricRadios(metrics, metric, (to) => {
    metric = to;
    draw();
  });
  draw();
  return panel(el, "published", [choice], choice.row, status, html("div", { class: "tdr-scroll" }, table));
}

export default { render };
