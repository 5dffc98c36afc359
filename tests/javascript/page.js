// As much of a page as widgets need to be put together where there is no browser.

class Node extends EventTarget {
  constructor(tag) {
    super();
    Object.assign(this, { tag, children: [], attributes: {}, dataset: {}, text: "", value: "", hidden: false });
  }
  set textContent(text) {
    [this.children, this.text] = [[], String(text)];
  }
  get textContent() {
    return this.text + this.children.map((child) => child.textContent ?? child).join("");
  }
  setAttribute(name, value) {
    this.attributes[name] = String(value);
  }
  append(...children) {
    this.children.push(...children);
  }
  getContext() {
    return { fillRect() {} };
  }
  click() {
    this.dispatchEvent(new Event("click"));
  }
  /** Itself and all below it. */
  get all() {
    return [this, ...this.children.flatMap((child) => child.all ?? [])];
  }
}

/** The first node below this one whose attribute has this value. */
export const find = (root, name, value) => root.all.find((node) => node.attributes[name] === value);

export function installPage() {
  const create = (tag) => new Node(tag);
  globalThis.document = {
    createElement: create,
    createElementNS: (_, tag) => create(tag),
    documentElement: create("html"),
  };
  globalThis.matchMedia = () => ({ matches: true }); // no motion
}

/** Wait until this holds. */
export async function until(holds) {
  for (let i = 0; i < 1000 && !holds(); i++) await new Promise((next) => setTimeout(next, 1));
  if (!holds()) throw new Error(`not reached: ${holds}`);
}
