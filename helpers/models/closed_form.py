"""What does a perfect denoiser of a finite training set predict?

For training images x_1, ..., x_N the minimiser of the noise-prediction loss has a closed form:

    ε*(y, t) = (y - sqrt(ᾱ_t) μ(y, t)) / sqrt(1 - ᾱ_t)
    μ(y, t)  = Σ_i w_i(y, t) x_i
    w(y, t)  = softmax_i( -||y - sqrt(ᾱ_t) x_i||² / (2 (1 - ᾱ_t)) )

It points from a kernel-weighted local mean of the training set to the query.
Source: SimA (arXiv 2509.25003); the chapter *The denoiser is a local mean* derives each line.
"""

import torch
from torch import Tensor

from helpers.errors import InvalidInput
from helpers.models.schedule import alpha_bar_at, linear_scheduler


class EmpiricalDenoiser:
    """The optimal denoiser of a finite training set: no network, no training.

    Args:
        training_images: (N, ...), finite: images (N, c, h, w), or points (N, d).
        alphas_cumprod: (T,); by default the linear schedule with T = 1000.
        batch_size: queries handled at once; memory grows with batch_size x N x d.

    Raises:
        ValueError: no training image, a NaN or infinite value, or (when asked to predict) a query of another shape.

    Source: SimA (arXiv 2509.25003), the closed form of the noise-prediction minimiser.
    """

    def __init__(self, training_images: Tensor, alphas_cumprod: Tensor | None = None, batch_size: int = 128):
        if training_images.ndim < 2 or len(training_images) == 0:
            raise InvalidInput(f"training_images must have shape (N, ...) with N > 0, got {tuple(training_images.shape)}")
        if not torch.isfinite(training_images).all():
            raise InvalidInput("training_images hold NaN or infinite values; remove or repair them")
        self.training_images = training_images
        self.alphas_cumprod = linear_scheduler().alphas_cumprod if alphas_cumprod is None else alphas_cumprod
        self.batch_size = batch_size

    def kernel_weights(self, x: Tensor, timestep: int | Tensor) -> Tensor:
        """w(y, t) for queries x (n, ...): (n, N), float64, each row summing to 1."""
        self._check_query(x)
        # float64: at t = 0 squared distances are divided by 2e-4 before the softmax.
        y = x.double().flatten(1)
        alpha_bar = alpha_bar_at(timestep, self.alphas_cumprod, y)
        centres = self.training_images.to(y).flatten(1)
        # ||y - sqrt(ᾱ) x_i||² = ᾱ ||y / sqrt(ᾱ) - x_i||², without a product of matrices, which would round.
        distance = torch.cdist(y / alpha_bar.sqrt(), centres, compute_mode="donot_use_mm_for_euclid_dist")
        return torch.softmax(-alpha_bar * distance.square() / (2 * (1 - alpha_bar)), dim=1)

    def local_mean(self, x: Tensor, timestep: int | Tensor) -> Tensor:
        """μ(y, t), the posterior mean E[x_0 | x_t = y] under the training set; the shape and dtype of x."""
        weights = self.kernel_weights(x, timestep)
        return (weights @ self.training_images.to(weights).flatten(1)).reshape(x.shape).to(x)

    def predict_noise(self, x: Tensor, timestep: int | Tensor) -> Tensor:
        """ε*(y, t), for queries x (n, ...) in any range; the shape and dtype of x."""
        t = torch.as_tensor(timestep)
        t = t.reshape(-1).expand(len(x)) if t.numel() == 1 else t
        alpha_bar_at(t, self.alphas_cumprod, x)
        chunks = zip(x.split(self.batch_size), t.split(self.batch_size), strict=True)
        return torch.cat([self._predict_batch(y, s) for y, s in chunks]) if len(x) else x.clone()

    def _check_query(self, x: Tensor) -> None:
        if x.shape[1:] != self.training_images.shape[1:]:
            shape = ", ".join(map(str, self.training_images.shape[1:]))
            raise InvalidInput(f"x must have shape (n, {shape}), got {tuple(x.shape)}")

    def _predict_batch(self, y: Tensor, timestep: Tensor) -> Tensor:
        y64 = y.double()
        alpha_bar = alpha_bar_at(timestep, self.alphas_cumprod, y64)
        return ((y64 - alpha_bar.sqrt() * self.local_mean(y64, timestep)) / (1 - alpha_bar).sqrt()).to(y)


class CloudDenoiser(EmpiricalDenoiser):
    """The optimal denoiser of training images that are drawn anew in each step, as samples x_i + σ_i η of posteriors are.

    Each image is a cloud, and the kernel never narrower than the cloud:

        w(y, t)  = softmax_i( log N(y; sqrt(ᾱ_t) x_i, ᾱ_t σ_i² + 1 - ᾱ_t) )
        ε*(y, t) = sqrt(1 - ᾱ_t) Σ_i w_i(y, t) (y - sqrt(ᾱ_t) x_i) / (ᾱ_t σ_i² + 1 - ᾱ_t)

    Args:
        training_images: x_i, as for `EmpiricalDenoiser`.
        spread: σ_i, in the shape of the images, finite, at least 0; with 0 it is `EmpiricalDenoiser`.
        batch_size: queries handled at once.

    Raises:
        ValueError: as `EmpiricalDenoiser`, or a spread of another shape or out of range.

    Source: the chapter *Is the bottleneck a shield?*
    """

    def __init__(self, training_images: Tensor, spread: Tensor, alphas_cumprod: Tensor | None = None, batch_size: int = 128):
        super().__init__(training_images, alphas_cumprod, batch_size)
        if spread.shape != training_images.shape:
            raise InvalidInput(
                f"spread must have the shape of training_images, {tuple(training_images.shape)}, got {tuple(spread.shape)}"
            )
        if not (torch.isfinite(spread).all() and (spread >= 0).all()):
            raise InvalidInput("spread must be finite and at least 0")
        self.spread = spread

    def kernel_weights(self, x: Tensor, timestep: int | Tensor) -> Tensor:
        return self._clouds(x, timestep)[0]

    def local_mean(self, x: Tensor, timestep: int | Tensor) -> Tensor:
        """E[x_0 | x_t = y]: within each cloud, the centre and the query are averaged by their precision."""
        _, pulled, alpha_bar = self._clouds(x, timestep)
        return ((x.double().flatten(1) - (1 - alpha_bar) * pulled) / alpha_bar.sqrt()).reshape(x.shape).to(x)

    def _clouds(self, x: Tensor, timestep: int | Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """w (n, N); Σ_i w_i (y - sqrt(ᾱ) x_i) / (ᾱ σ_i² + 1 - ᾱ), (n, d); and ᾱ (n, 1)."""
        self._check_query(x)
        y = x.double().flatten(1)
        alpha_bar = alpha_bar_at(timestep, self.alphas_cumprod, y).expand(len(y), 1)
        images, variances = self.training_images.to(y).flatten(1), self.spread.to(y).flatten(1).square()
        weights, pulled = y.new_empty(len(y), len(images)), torch.empty_like(y)
        for a in alpha_bar.unique():  # with one ᾱ the squares below are products of matrices
            here = alpha_bar[:, 0] == a
            q, centres, precision = y[here], a.sqrt() * images, 1 / (a * variances + 1 - a)
            squares = q.square() @ precision.T - 2 * q @ (centres * precision).T + (centres.square() * precision).sum(1)
            w = torch.softmax((precision.log().sum(1) - squares) / 2, dim=1)
            weights[here], pulled[here] = w, q * (w @ precision) - w @ (centres * precision)
        return weights, pulled, alpha_bar
