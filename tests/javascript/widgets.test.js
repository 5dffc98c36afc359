// What the widgets compute is what Python computed: PYTHON names a file with Python's inputs and answers.
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import test from "node:test";
import { allowedTpr, faultless, nearestClaim } from "../../helpers/widgets/allowed.js";
import { Drawing, imageOf, SIDE, tiled } from "../../helpers/widgets/drawing.js";
import { inWords } from "../../helpers/widgets/how_many.js";
import { nextBeat } from "../../helpers/widgets/play.js";
import { nearestPoint } from "../../helpers/widgets/remembered.js";
import { placeOf, saysOfImage, stripOf } from "../../helpers/widgets/reverse.js";
import { orderOf } from "../../helpers/widgets/published.js";
import { addressOf, parsed } from "../../helpers/widgets/settings.js";
import { ddimStep, gaussian, levelsOf } from "../../helpers/widgets/sketches.js";
import { counts, normOf, quantile, rankOf, rocOf, thresholdAt } from "../../helpers/widgets/statistics.js";
import { cleanImage, follow, kernelWeights, localMean, nearest, predictNoise } from "../../helpers/widgets/theory.js";
import { fromLevels } from "../../helpers/widgets/traits.js";
import { distance, lexicon } from "../../helpers/widgets/vocabulary.js";

const python = JSON.parse(readFileSync(process.env.PYTHON, "utf8"));
const flat = (values) => Array.from(values).flat(Infinity);

function close(got, expected, tolerance = 1e-6) {
  const [a, b] = [flat(got), flat(expected)];
  strictEqual(a.length, b.length);
  a.forEach((value, i) => ok(Math.abs(value - b[i]) <= tolerance, `${value} is not ${b[i]} at ${i}`));
}

for (const [name, script] of Object.entries(python.scripts)) {
  test(`${name} is one module, joined with what it imports`, async () => {
    const module = await import(`data:text/javascript,${encodeURIComponent(script)}`);
    strictEqual(typeof module.default.render, "function");
  });
}

test("a ROC is scikit-learn's", () => close(rocOf(python.members, python.held_out), python.roc));
test("what (ε, δ) allows is helpers.evaluation.privacy_region's", () => {
  python.allowed.forEach(([fpr, epsilon, delta, tpr]) => close([allowedTpr(fpr, epsilon, delta)], [tpr], 1e-12));
  strictEqual(allowedTpr(0, Infinity, 0.1), 1);
});
test("a faultless attack shows what helpers.evaluation.epsilon_bound says", () =>
  python.faultless.forEach(([n, delta, epsilon, low, high]) => {
    const found = faultless(n, delta);
    close([found.epsilon, found.tpr, found.fpr], [epsilon, low, high], 1e-9);
  }));
test("the nearest claim is nearest as a ratio, and no promise is nearest to none", () => {
  const claims = [Infinity, 190, 5, 0.9];
  deepStrictEqual([Infinity, 1000, 40, 20, 2.3, 1.9, 0.01].map((e) => nearestClaim(claims, e)), [0, 1, 1, 2, 2, 3, 3]);
});
test("bins are numpy's", () => deepStrictEqual(counts(python.distances, 0.5, 3.5, 40), python.counts));
test("quantiles are numpy's", () =>
  python.quantiles.forEach(({ values, q, quantile: expected }) => close([quantile(values, q)], [expected])));
test("norms are torch's", () => python.norms.forEach(([p, value]) => close([normOf(python.held_out, p)], [value])));
test("ranks are shares", () => {
  strictEqual(rankOf([1, 2, 2, 5], 2), 0.75);
  strictEqual(rankOf([1, 2], 0), 0);
});

test("a threshold lets no more than its share of held-out images pass", () => {
  python.thresholds.forEach(([fpr, value]) => close([thresholdAt(python.distances, fpr)], [value]));
  strictEqual(thresholdAt([1, 1, 1, 2], 0.5), -Infinity);
  strictEqual(thresholdAt([1, 2, 3], 0.1), -Infinity);
});

test("the closed form is helpers.theory's", () => {
  for (const { alpha_bar, weights, mean, noise } of python.theory) {
    close(kernelWeights(python.query, python.training, alpha_bar), weights, 1e-5);
    close(localMean(python.query, python.training, alpha_bar), mean, 1e-5);
    close(predictNoise(python.query, python.training, alpha_bar), noise, 1e-4);
  }
});

test("the clean image undoes the forward process, and a full step leads to it", () => {
  const [x, noise] = [python.query, python.training[0]];
  const y = x.map((v, k) => Math.sqrt(0.7) * v + Math.sqrt(0.3) * noise[k]);
  close(cleanImage(y, noise, 0.7), x);
  close(follow(y, noise, 0.7, 1), x);
  close(follow(y, noise, 0.7, 0), y);
});

test("the nearest image is the nearest", () => {
  const [at, distance] = nearest(python.training[2], python.training);
  strictEqual(at, 2);
  strictEqual(distance, 0);
});

test("images of grey levels are those of both data sets", () =>
  python.levels.forEach(({ brightest, levels, images }) => close(fromLevels(levels, brightest), images)));

test("a bitmap has the side that helpers.bitmaps says", () => strictEqual(SIDE, python.side));

test("images of bitmaps are those of helpers.bitmaps", () =>
  python.bitmaps.forEach(({ bitmap, white, size, image }) => close(imageOf(flat(bitmap), white, size), image)));

test("four channels are drawn two by two", () => {
  const values = Array.from({ length: 16 }, (_, i) => i);
  deepStrictEqual(Array.from(tiled(values, 4)), [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]].flat());
  deepStrictEqual(Array.from(tiled(values, 1)), values);
});

test("a line is as wide as its pen, and can be erased and undone", () => {
  const drawing = new Drawing();
  drawing.begin();
  drawing.line([4, 16], [28, 16], 2, 1);
  const after = drawing.bitmap.slice();
  const rows = Array.from({ length: SIDE }, (_, y) => after[y * SIDE + 16]);
  deepStrictEqual(rows.map((v, y) => (v ? y : -1)).filter((y) => y >= 0), [14, 15, 16, 17]);
  drawing.begin();
  drawing.line([16, 0], [16, 32], 3, 0);
  strictEqual(drawing.bitmap[16 * SIDE + 16], 0);
  drawing.undo();
  deepStrictEqual(drawing.bitmap, after);
  drawing.undo();
  drawing.undo();
  strictEqual(drawing.bitmap.reduce((sum, v) => sum + v, 0), 0);
});

test("clearing can be undone, and loading begins anew", () => {
  const drawing = new Drawing();
  drawing.load(new Uint8Array(SIDE ** 2).fill(7));
  drawing.clear();
  drawing.undo();
  drawing.undo();
  strictEqual(drawing.bitmap.reduce((sum, v) => sum + v, 0), 7 * SIDE ** 2);
});

test("a slider plays from end to end in about six seconds", () => {
  for (const positions of [12, 40, 100, 999]) {
    let [value, time] = [0, 0];
    while (value < positions) {
      const { to, pause } = nextBeat({ min: 0, max: positions, step: 1, value });
      ok(to > value);
      [value, time] = [to, time + pause];
    }
    ok(time > 4500 && time < 7500, `${positions} positions take ${time} ms`);
  }
  deepStrictEqual(nextBeat({ min: 0, max: 2, step: 1, value: 1 }), { to: 2, pause: 500 }); // never hurried
  strictEqual(nextBeat({ min: -3, max: 3, step: 0.5, value: 2.8 }).to, 3);
});

test("a strip shows a path from its first frame to its last", () => {
  deepStrictEqual(stripOf(5), [0, 1, 2, 3, 4]);
  const shown = stripOf(26);
  deepStrictEqual([shown.length, shown[0], shown.at(-1)], [9, 0, 25]);
});

test("paths lie one after the other", () => {
  const frames = [3, 5];
  const places = [0, 1].flatMap((denoiser) =>
    [0, 1].flatMap((eta) =>
      [0, 1].flatMap((steps) =>
        [0, 1].map((seed) => [placeOf(frames, 2, { denoiser, eta, steps, seed }), frames[steps]])
      )
    )
  );
  let end = 0;
  for (const [place, length] of places) {
    strictEqual(place, end);
    end += length;
  }
});

test("a finished image is a copy only where it lies on a training image", () => {
  ok(saysOfImage(0.01, 2).endsWith("a copy."));
  ok(saysOfImage(0.9, 2).endsWith("close to a copy."));
  ok(!saysOfImage(1.9, 2).includes("copy"));
});

test("a p-value is written with as many digits as tell it from the level", () => {
  strictEqual(inWords(0.00996), "0.00996");
  strictEqual(inWords(0.0104), "0.0104");
  strictEqual(inWords(1), "1.00");
  strictEqual(inWords(3.2e-8), "3e−8");
});

test("rows are sorted by a column, both ways, and ties keep their order", () => {
  const rows = [[0.5, 2], [0.9, 1], [0.5, 3]];
  deepStrictEqual(orderOf(rows, -1, true), [0, 1, 2]);
  deepStrictEqual(orderOf(rows, 0, true), [1, 0, 2]);
  deepStrictEqual(orderOf(rows, 0, false), [0, 2, 1]);
  deepStrictEqual(orderOf(rows, 1, true), [2, 0, 1]);
});

test("an address says what it was told, whatever the texts hold", () => {
  const settings = [["t", "50"], ["p", "inf"], ["setting", "KL, β = 0.01, 4×4 & more"]];
  const { place, settings: read } = parsed(addressOf("frontier-2", settings));
  deepStrictEqual([place, [...read]], ["frontier-2", settings]);
  strictEqual(addressOf("explorer", [["t", "50"], ["p", "4"]]), "#explorer?t=50&p=4");
  deepStrictEqual(parsed("#exercises"), { place: "exercises", settings: null });
});

const words = lexicon(Object.keys(python.vocabulary), Object.values(python.vocabulary), python.frame);

test("every caption is cut into the tokens of Python's tokenizer", () => {
  ok(python.captions.length > 1600);
  python.captions.forEach((caption, i) =>
    deepStrictEqual(caption ? words.read(caption).tokens : words.nothing, python.tokens[i], caption)
  );
});
test("words that are not known, too many or none are refused with what would do", () => {
  deepStrictEqual(words.read("a zebre").tokens, undefined);
  ok(words.read("a zebre").problem.startsWith("The model does not know “zebre”. Near words: zebra, "));
  ok(words.read("x".repeat(100)).problem.includes(`“${"x".repeat(20)}…”`));
  strictEqual(words.read("man ".repeat(14)).tokens.length, 16);
  ok(words.read("man ".repeat(15)).problem.includes("14 words and signs at most, these are 15"));
  ok(words.read(" ").problem.startsWith("Type one word"));
  ok(words.read("<|startoftext|> man").problem.includes("does not know “<|”"));
});
test("words are completed and near ones found", () => {
  deepStrictEqual(words.completions("Red zeb"), ["Red zebra"]);
  deepStrictEqual(words.completions("red "), []);
  ok(words.completions("m").length === 8);
  strictEqual(words.near("zebre")[0], "zebra");
  deepStrictEqual([distance("", "abc"), distance("abc", "abx"), distance("abc", "bc")], [3, 1, 1]);
});
test("a step of DDIM is Python's", () =>
  python.ddim.forEach(({ here, there, z }) =>
    close(ddimStep(Float32Array.from(python.latent), python.noise, here, there), z, 1e-4)
  ));
test("noise is standard normal, the same for the same seed, and another for another", () => {
  const many = Array.from(gaussian(3, 20_000));
  const mean = many.reduce((sum, v) => sum + v, 0) / many.length;
  const variance = many.reduce((sum, v) => sum + (v - mean) ** 2, 0) / many.length;
  ok(Math.abs(mean) < 0.03 && Math.abs(variance - 1) < 0.05, `${mean}, ${variance}`);
  deepStrictEqual(gaussian(3, 5), Float32Array.from(many.slice(0, 5)));
  const [one, other] = [gaussian(3, 5000), gaussian(4, 5000)];
  ok(Math.abs(one.reduce((sum, v, i) => sum + v * other[i], 0) / 5000) < 0.06);
});
test("planes of colour become levels side by side, clamped", () => {
  deepStrictEqual(Array.from(levelsOf([-1, 1, -2, 2, 0, 0, 1, 1, -1, -1, -1, -1], 2)).slice(0, 6), [0, 128, 0, 255, 128, 0]);
});
test("the pointer chooses the nearest point, the first of several as near", () => {
  const points = [[0, 0], [10, 0], [0, 10], [10, 0]];
  deepStrictEqual([[1, 2], [8, 1], [1, 30]].map((place) => nearestPoint(points, place)), [0, 1, 2]);
});
