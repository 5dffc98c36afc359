// What a reader types, cut into words that a model was told: each is one token. helpers.widgets.vocabulary says which there are.

import { phrase } from "./messages.js";

const PIECES = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/gu; // as CLIP's tokenizer cuts

/** Words and signs, in small letters. @param {string} text @returns {string[]} */
export const piecesOf = (text) => text.normalize("NFC").toLowerCase().match(PIECES) ?? [];

/** How many letters have to be changed, added or left out between two words. @param {string} a @param {string} b */
export function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1]));
    }
    row = next;
  }
  return row[b.length];
}

/**
 * @param {string[]} words @param {number[]} ids - the token of each
 * @param {{start: number, end: number, fill: number, length: number}} frame - tokens around a text, and how many there are in all
 */
export function lexicon(words, ids, { start, end, fill, length }) {
  const known = new Map(words.map((word, i) => [word, ids[i]]));
  const spelt = words.filter((word) => /^\p{L}{2,}$/u.test(word));

  /** The words that are most like this one, by their letters. @param {string} word @param {number} count */
  function near(word, count = 3) {
    const far = (/** @type {string} */ other) => distance(word, other) - (other[0] === word[0] ? 0.5 : 0);
    return spelt.map((other) => ({ other, far: far(other) })).sort((a, b) => a.far - b.far).slice(0, count)
      .map(({ other }) => other);
  }
  /** @param {(number | undefined)[]} tokens */
  const filled = (tokens) => [start, ...tokens, end, ...Array(length - 2 - tokens.length).fill(fill)];
  return {
    near,
    nothing: filled([]), // the tokens of no words
    /**
     * The tokens of a text, filled up to `length`; or why there are none.
     * @param {string} text @returns {{tokens?: number[], problem?: string}}
     */
    read(text) {
      const pieces = piecesOf(text);
      if (!pieces.length) return { problem: phrase("vocabulary.nothing") };
      const stranger = pieces.find((piece) => !known.has(piece));
      if (stranger !== undefined) {
        const short = stranger.length > 20 ? `${stranger.slice(0, 20)}…` : stranger;
        return {
          problem: phrase("vocabulary.unknown", { word: short, near: near(stranger.slice(0, 20)).join(", ") }),
        };
      }
      if (pieces.length > length - 2) {
        return { problem: phrase("vocabulary.many", { most: length - 2, n: pieces.length }) };
      }
      return { tokens: filled(pieces.map((piece) => known.get(piece))) };
    },
    /** The text with its last word completed, in some ways. @param {string} text @param {number} count */
    completions(text, count = 8) {
      const begun = text.match(/\p{L}+$/u)?.[0].toLowerCase();
      if (!begun) return [];
      const before = text.slice(0, text.length - begun.length);
      return spelt.filter((word) => word.startsWith(begun) && word !== begun).slice(0, count).map((word) =>
        before + word
      );
    },
  };
}
