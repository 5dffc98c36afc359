// The best possible denoiser of a finite training set, in closed form: helpers.theory in JavaScript.

/** @param {ArrayLike<number>} p @param {ArrayLike<number>} q */
export function squaredDistance(p, q) {
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += (p[i] - q[i]) ** 2;
  return sum;
}

/**
 * The training image nearest to y: its index, and its distance.
 * @param {ArrayLike<number>} y @param {ArrayLike<number>[]} images
 * @returns {[number, number]}
 */
export function nearest(y, images) {
  const distances = images.map((x) => squaredDistance(x, y));
  const at = distances.indexOf(Math.min(...distances));
  return [at, Math.sqrt(distances[at])];
}

/**
 * w(y, t) = softmax(-||y - sqrt(ᾱ) x_i||² / (2 (1 - ᾱ))) over the training images x_i.
 * @param {ArrayLike<number>} y @param {ArrayLike<number>[]} images @param {number} alphaBar
 */
export function kernelWeights(y, images, alphaBar) {
  const root = Math.sqrt(alphaBar);
  const logs = images.map((x) => -squaredDistance(Array.from(x, (v) => root * v), y) / (2 * (1 - alphaBar)));
  const top = Math.max(...logs);
  const unnormalised = logs.map((v) => Math.exp(v - top)); // none overflows
  const total = unnormalised.reduce((sum, w) => sum + w, 0);
  return unnormalised.map((w) => w / total);
}

/**
 * μ(y, t): the mean of the training images, by their weights.
 * @param {ArrayLike<number>} y @param {ArrayLike<number>[]} images @param {number} alphaBar
 */
export function localMean(y, images, alphaBar) {
  const weights = kernelWeights(y, images, alphaBar);
  const mean = new Float64Array(y.length);
  images.forEach((x, i) => {
    for (let k = 0; k < mean.length; k++) mean[k] += weights[i] * x[k];
  });
  return mean;
}

/**
 * ε*(y, t) = (y - sqrt(ᾱ) μ) / sqrt(1 - ᾱ).
 * @param {ArrayLike<number>} y @param {ArrayLike<number>[]} images @param {number} alphaBar
 */
export function predictNoise(y, images, alphaBar) {
  const mean = localMean(y, images, alphaBar);
  return mean.map((m, k) => (y[k] - Math.sqrt(alphaBar) * m) / Math.sqrt(1 - alphaBar));
}

/**
 * Where predicted noise points: (y - sqrt(1 - ᾱ) ε̂) / sqrt(ᾱ), the clean image that y is said to come from.
 * @param {ArrayLike<number>} y @param {ArrayLike<number>} noise @param {number} alphaBar
 */
export function cleanImage(y, noise, alphaBar) {
  return Float64Array.from(y, (v, k) => (v - Math.sqrt(1 - alphaBar) * noise[k]) / Math.sqrt(alphaBar));
}

/**
 * A step from y along minus the predicted noise: a share of the way to the clean image.
 * @param {ArrayLike<number>} y @param {ArrayLike<number>} noise @param {number} alphaBar @param {number} share
 */
export function follow(y, noise, alphaBar, share) {
  const clean = cleanImage(y, noise, alphaBar);
  return clean.map((c, k) => y[k] + share * (c - y[k]));
}
