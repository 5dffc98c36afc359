// What is computed from scores, as helpers.metrics computes it.

/** How many values lie in each of `bins` equal parts of [low, high]. @param {number[]} values @param {number} low @param {number} high @param {number} bins */
export function counts(values, low, high, bins) {
  const count = new Array(bins).fill(0);
  values.forEach((v) => count[Math.min(bins - 1, Math.floor(((v - low) / (high - low)) * bins))]++);
  return count;
}

/**
 * ROC of scores, higher for members: [fpr, tpr] from (0, 0) to (1, 1), one point per distinct score.
 * @param {number[]} members @param {number[]} heldOut
 * @returns {number[][]}
 */
export function rocOf(members, heldOut) {
  const all = [...members.map((v) => [v, 1]), ...heldOut.map((v) => [v, 0])].sort((p, q) => q[0] - p[0]);
  const points = [[0, 0]];
  let [true_, false_] = [0, 0];
  all.forEach(([value, member], i) => {
    if (member) true_++;
    else false_++;
    if (i === all.length - 1 || all[i + 1][0] !== value) points.push([false_ / heldOut.length, true_ / members.length]);
  });
  return points;
}

/** ||noise||_p. @param {ArrayLike<number>} noise @param {number} p */
export function normOf(noise, p) {
  let sum = 0;
  for (let i = 0; i < noise.length; i++) sum += Math.abs(noise[i]) ** p;
  return sum ** (1 / p);
}

/**
 * The share of values that are as small as this one, or smaller.
 * @param {ArrayLike<number>} values @param {number} value
 */
export function rankOf(values, value) {
  let count = 0;
  for (let i = 0; i < values.length; i++) count += Number(values[i] <= value);
  return count / values.length;
}

/**
 * The largest of these norms at or below which no more than a share `fpr` of them lie; -Infinity if there is none.
 * @param {ArrayLike<number>} heldOut @param {number} fpr
 */
export function thresholdAt(heldOut, fpr) {
  const sorted = Float64Array.from(heldOut).sort();
  let most = Math.floor(fpr * sorted.length + 1e-9);
  while (most > 0 && sorted[most] === sorted[most - 1]) most--; // ties fall together
  return most ? sorted[most - 1] : -Infinity;
}

/** By linear interpolation, as numpy has it. @param {ArrayLike<number>} values @param {number} q */
export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort();
  const place = q * (sorted.length - 1);
  const [low, high] = [Math.floor(place), Math.ceil(place)];
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}
