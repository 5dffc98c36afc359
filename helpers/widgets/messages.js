// What a reader sees of the widgets, in the language of the book: helpers/messages.py joins the texts to a script.
import MESSAGES from "../languages/en.json" with { type: "json" };

export const LANGUAGE = MESSAGES.language;

/**
 * A message with values at its places, such as {t}. One of several forms, {"one": ..., "other": ...}, has that of the number n, by
 * the plural rules of the language.
 * @param {keyof typeof MESSAGES} key - written out, since only messages whose key stands in a script come with it
 * @param {Record<string, string | number>} values
 * @returns {string}
 */
export function phrase(key, values = {}) {
  /** @type {any} */
  const found = MESSAGES[key];
  const text = typeof found === "string" ? found : found[new Intl.PluralRules(LANGUAGE).select(Number(values.n))];
  return text.replace(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ name) => String(values[name]));
}
