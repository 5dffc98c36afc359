// Shows the widgets of a page from the state that the build wrote into it: for anywidgets what the widget manager does, in 900 KB
// less. A page that holds any other kind of widget has the manager instead: see book/_extensions/widget_pages.py.
(() => {
  const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
  const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';

  const plain = (value) => typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
  const same = (p, q) => Object.is(p, q) || (plain(p) && plain(q) && JSON.stringify(p) === JSON.stringify(q));

  /** What a widget's module knows as `model`; without a kernel, what it saves or sends reaches nobody. */
  class Model {
    #values;
    #listeners = [];

    constructor(values) {
      this.#values = values;
    }

    get(name) {
      return this.#values[name];
    }

    set(name, value) {
      const given = typeof name === "string" ? { [name]: value } : name;
      const changed = Object.keys(given).filter((key) => !same(this.#values[key], given[key]));
      Object.assign(this.#values, given);
      for (const key of changed) this.#tell(`change:${key}`, this, given[key]);
      if (changed.length) this.#tell("change", this);
    }

    #tell(event, ...values) {
      for (const { name, callback } of [...this.#listeners]) if (name === event) callback(...values);
    }

    on(names, callback) {
      for (const name of names.split(/\s+/)) this.#listeners.push({ name, callback });
    }

    off(names = null, callback = null) {
      const those = names?.split(/\s+/);
      const meant = (l) => (!those || those.includes(l.name)) && (!callback || callback === l.callback);
      this.#listeners = this.#listeners.filter((listener) => !meant(listener));
    }

    /** The model for one view: what the view listens to ends with it. */
    within(signal) {
      const heard = [];
      signal.addEventListener("abort", () => heard.forEach(([names, callback]) => this.off(names, callback)));
      return {
        get: (name) => this.get(name),
        set: (name, value) => this.set(name, value),
        on: (names, callback) => {
          heard.push([names, callback]);
          this.on(names, callback);
        },
        off: (names, callback) => {
          if (names || callback) this.off(names, callback);
          else heard.forEach((pair) => this.off(...pair));
        },
        save_changes() {},
        send() {},
        widget_manager: { get_model: async (id) => (await opened(id)).model.within(signal) },
      };
    }
  }

  let records = {};
  let broken = ""; // why no record could be read

  /** @returns {Promise<DataView>} what widget_pages.deflated was given, or plain base64 */
  async function bytesOf({ data, encoding, stride }) {
    const given = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    if (encoding !== "deflate") return new DataView(given.buffer);
    const stream = new Blob([given]).stream().pipeThrough(new DecompressionStream("deflate"));
    const bytes = await new Response(stream).arrayBuffer();
    if (!stride) return new DataView(bytes);
    const [low, high] = [0, 1].map((k) => new Uint8Array(bytes, (k * bytes.byteLength) / 2, bytes.byteLength / 2));
    const numbers = Uint16Array.from(low, (v, i) => v | (high[i] << 8));
    for (let i = stride; i < numbers.length; i++) numbers[i] += numbers[i - stride];
    return new DataView(numbers.buffer);
  }

  /** The traits of a record, those of bytes as views on them. */
  async function valuesOf({ state, buffers = [] }) {
    for (const buffer of buffers) {
      const [last, ...path] = [...buffer.path].reverse();
      path.reduceRight((part, key) => part[key], state)[last] = await bytesOf(buffer);
    }
    return state;
  }

  async function definitionOf({ source, state }) {
    const text = window.widgetSources?.[source] ?? state._esm;
    if (!text) throw new Error(phrase("page.no-script"));
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    const module = await import(url).finally(() => URL.revokeObjectURL(url));
    if (module.render) return module;
    return typeof module.default === "function" ? await module.default() : module.default;
  }

  async function open(id) {
    const record = records[id];
    if (!record) throw new Error(broken || phrase("page.no-data"));
    const model = new Model(await valuesOf(record));
    if (record.model_name !== "AnyModel") return { model };
    const definition = await definitionOf(record);
    const { signal } = leaving;
    const made = await definition.initialize?.({ model: model.within(signal), signal });
    if (typeof made === "function") signal.addEventListener("abort", made);
    return { model, definition, exports: typeof made === "object" ? made : undefined };
  }

  const widgets = new Map(); // one for all views of a model
  function opened(id) {
    if (!widgets.has(id)) widgets.set(id, open(id));
    return widgets.get(id);
  }

  const idOf = (reference) => reference.replace(/^(IPY_MODEL_|anywidget:)/, "");

  /** What a view may ask about other widgets of its page. */
  const host = (signal) => ({
    getModel: async (reference) => (await opened(idOf(reference))).model.within(signal),
    getWidget: async (reference) => ({
      exports: (await opened(idOf(reference))).exports,
      render: ({ el, signal: own = signal }) => show(idOf(reference), el, own),
    }),
  });

  async function show(id, el, signal) {
    const { model, definition } = await opened(id);
    el.classList.add(...(model.get("_dom_classes") ?? []));
    const layout = records[idOf(model.get("layout") ?? "")]?.state ?? {};
    for (const [name, value] of Object.entries(layout)) {
      if (!name.startsWith("_") && value !== null) el.style.setProperty(name.replaceAll("_", "-"), value);
    }
    const cleanup = await definition?.render?.({ model: model.within(signal), el, signal, host: host(signal) });
    if (typeof cleanup !== "function") return;
    if (signal.aborted) cleanup();
    else signal.addEventListener("abort", cleanup);
  }

  /** In the place that the build made, which is as high as the widget until the widget is there. */
  async function mount(script) {
    const place = script.parentElement;
    const el = document.createElement("div");
    place.replaceChildren(script, el);
    try {
      await show(JSON.parse(script.textContent).model_id, el, leaving.signal);
    } catch (error) {
      console.error(error);
      const text = phrase("page.broken", { why: error.message });
      el.replaceChildren(Object.assign(document.createElement("p"), { className: "widget-broken", textContent: text }));
    }
    place.className = "widget-shown";
  }

  const leaving = new AbortController();
  addEventListener("pagehide", ({ persisted }) => persisted || leaving.abort());
  try {
    records = JSON.parse(document.querySelector(STATE)?.textContent ?? "{}").state ?? {};
  } catch (error) {
    broken = phrase("page.damaged", { why: error.message });
  }
  document.querySelectorAll(VIEW).forEach(mount);
})();
