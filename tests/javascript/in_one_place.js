// A rule for `deno lint`: what a reader sees is no literal in a script, but a message of helpers/languages.
// It asks of every text in the code: may a reader see it? A text is seen where an attribute, a legend or a choice shows it, or where
// it reads like prose: a word beside a space, a capital, the end of a sentence. One small word elsewhere may be missed.

const SHOWN = new Set(["text", "label", "title", "caption", "placeholder", "aria-label", "textContent", "data-longest"]);
const UNSEEN = new Set([ // attributes, and functions that are given no prose
  ...["class", "className", "style", "d", "viewBox", "transform", "stroke-dasharray", "type"],
  ...["querySelector", "querySelectorAll", "closest", "matches", "matchMedia", "addEventListener", "phrase", "startsWith"],
  ...["split", "normalize", "digest"],
]);
const NAMES = new Set([ // the same in all languages
  ...["SimA", "AUC", "TPR", "NFC", "NFD", "DT", "Enter", "Escape", "DOMContentLoaded", "AnyModel", "Suspending"],
]);
const WORD = /\p{L}{2,}/u;
const PROSE = /\p{L}{2}\S*\s|\s\S*\p{L}{2}|^\p{Lu}\p{L}|\p{L}{2}[.:!?…%]$/u;
const CODE = /^([#.[]|[\w-]+:\S|var\(|translate\()/; // a selector, an event, a style, a place

const MARKS = new Set(["line", "dashed", "dotted", "area", "hatched", "disc", "ring", "square", "diamond"]);

const nameOf = (node) => node?.name ?? node?.value ?? node?.property?.name;

/** What decides how a text is used: the property, the assignment or the call that it stands in. */
function use(node) {
  for (let [inner, outer] = [node, node.parent]; outer; [inner, outer] = [outer, outer.parent]) {
    if (outer.type === "Property") return outer.value === inner ? { name: nameOf(outer.key) } : { compared: true };
    if (outer.type === "AssignmentExpression" && outer.right === inner) return { name: nameOf(outer.left) };
    if (outer.type === "CallExpression" && outer.callee !== inner) return { name: nameOf(outer.callee) };
    if (outer.type === "BinaryExpression" && /^[!=]/.test(outer.operator)) return { name: "compared", compared: true };
    if (outer.type === "ImportDeclaration") return { compared: true };
    if (outer.type === "MemberExpression" && outer.property === inner) return { compared: true };
    if (outer.type.endsWith("Statement") || outer.type.endsWith("FunctionExpression")) return {};
  }
  return {};
}

/** Is even one small word seen here: as the text of a mark in a legend, of a choice, or as one of two in a sentence? */
function shown(node) {
  const [outer, place] = [node.parent, node.parent.elements?.indexOf(node)];
  if (place === 2) return MARKS.has(outer.elements[0].value) && !MARKS.has(node.value) && !CODE.test(node.value);
  if (place === 1) return use(outer).name === "options";
  return outer.type === "ConditionalExpression" && outer.test !== node && outer.parent.type === "TemplateLiteral";
}

export default {
  name: "messages",
  rules: {
    "in-one-place": {
      create(context) {
        function look(node, text) {
          const { name, compared } = use(node);
          if (!WORD.test(text) || NAMES.has(text) || UNSEEN.has(name) || compared) return;
          if (SHOWN.has(name) || shown(node) || (PROSE.test(text) && !CODE.test(text))) {
            context.report({ node, message: `a reader may see ${JSON.stringify(text)}: give it a key in helpers/languages` });
          }
        }
        return {
          Literal: (node) => typeof node.value === "string" && look(node, node.value),
          TemplateLiteral: (node) => look(node, node.quasis.map((part) => part.cooked).join("0")),
        };
      },
    },
  },
};
