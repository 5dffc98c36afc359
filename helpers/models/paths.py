"""How does a model that adds noise in its own way become a denoiser like all others?

A model sees y = a x₀ + b ε at each of its times. Divided by √(a² + b²) that is the x_t of every other model:

    x = y / √(a² + b²) = √ᾱ x₀ + √(1 - ᾱ) ε,    ᾱ = a² / (a² + b²)

So it is fed √(a² + b²) x, in the scale and at the time that it knows, and what it predicts is a linear function of ε and y:

    ε = A · predicted + B · y

    path                                          a      b      predicted                  A            B
    variance preserving (DDPM)                    √ᾱ     √(1-ᾱ) ε                          1            0
                                                                x₀                         -a / b       1 / b
                                                                v = a ε - b x₀             a            b
    variance exploding (score SDE)                1      σ      score = -ε / σ             -σ           0
    EDM                                           1      σ      x₀ = c_skip y + c_out F    -c_out / σ   (1 - c_skip) / σ
    straight (rectified flow)                     1-σ    σ      v = ε - x₀                 1-σ          1

Sources: Ho, Jain and Abbeel (2020); Salimans and Ho (2022), appendix D; Song et al. (2021), "Score-Based Generative Modeling
through Stochastic Differential Equations"; Karras et al. (2022), table 1; Liu, Gong and Liu (2022), "Flow Straight and Fast".
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

import torch
from torch import Tensor, nn

from helpers.errors import InvalidInput
from helpers.models.fitting import Fitting
from helpers.models.schedule import alpha_bar_at, check_timestep


@dataclass(frozen=True)
class GaussianPath:
    """y = a x₀ + b ε at T times, from little noise to much, and what a network is fed and says there.

    Each tensor is (T,), float64.

    Args:
        signal, noise: a and b, for images x₀ in [-1, 1].
        times: what the network is told, integers or floats.
        of_output, of_input: A and B of ε = A · predicted + B · y.
        fed: the network gets fed · y + offset.
        offset: not 0 where it was trained on images in another range.

    Raises:
        ValueError: the tensors do not all have T values, or are not all finite.
    """

    signal: Tensor
    noise: Tensor
    times: Tensor
    of_output: Tensor
    of_input: Tensor
    fed: Tensor
    offset: float = 0.0

    def __post_init__(self):
        every = (self.signal, self.noise, self.times, self.of_output, self.of_input, self.fed)
        if len({len(values) for values in every}) != 1 or len(self.times) == 0:
            raise InvalidInput(f"a path needs T values of each of its coefficients, got {[len(values) for values in every]}")
        if not all(torch.isfinite(values.double()).all() for values in every):
            raise InvalidInput("a path's coefficients are not all finite; leave out the times at which it is not defined")

    @property
    def alphas_cumprod(self) -> Tensor:
        """ᾱ = a² / (a² + b²), (T,), float64."""
        return self.signal.square() / (self.signal.square() + self.noise.square())

    @property
    def norm(self) -> Tensor:
        """√(a² + b²), (T,): y = norm · x."""
        return (self.signal.square() + self.noise.square()).sqrt()


def variance_preserving(alphas_cumprod: Tensor, prediction_type: str = "epsilon") -> GaussianPath:
    """The path of DDPM and its kin: T = len(alphas_cumprod), and the network is told the integer timestep.

    Args:
        alphas_cumprod: (T,), ᾱ in [0, 1].
        prediction_type: "epsilon", "sample" or "v_prediction".

    Raises:
        ValueError: another prediction type.
    """
    a, b = alphas_cumprod.double().sqrt(), (1 - alphas_cumprod.double()).sqrt()
    one, zero = torch.ones_like(a), torch.zeros_like(a)
    coefficients = {"epsilon": (one, zero), "sample": (-a / b, 1 / b), "v_prediction": (a, b)}
    if prediction_type not in coefficients:
        raise InvalidInput(f"prediction_type must be one of {', '.join(coefficients)}, got {prediction_type!r}")
    return GaussianPath(a, b, torch.arange(len(a)), *coefficients[prediction_type], fed=one)


def variance_exploding(sigmas: Tensor, unit_range: bool = True) -> GaussianPath:
    """The path of a score SDE: y = x₀ + σ ε, and the network, told σ, predicts the score.

    Args:
        sigmas: (T,), rising, above 0.
        unit_range: the model was trained on images in [0, 1], as score-SDE models are; y is then twice its own, less 1.
    """
    sigma = sigmas.double()
    one, zero = torch.ones_like(sigma), torch.zeros_like(sigma)
    if unit_range:
        return GaussianPath(one, 2 * sigma, sigma.float(), -sigma, zero, fed=one / 2, offset=0.5)
    return GaussianPath(one, sigma, sigma.float(), -sigma, zero, fed=one)


def edm(sigmas: Tensor, sigma_data: float = 0.5, prediction_type: str = "epsilon") -> GaussianPath:
    """The path of EDM: y = x₀ + σ ε, fed with c_in = 1 / √(σ² + σ_data²), told c_noise = ¼ ln σ.

    Args:
        sigmas: (T,), rising, above 0.
        prediction_type: "epsilon", or "v_prediction" where c_out has the other sign, as in diffusers' EDM schedulers.

    Raises:
        ValueError: another prediction type.
    """
    if prediction_type not in ("epsilon", "v_prediction"):
        raise InvalidInput(f"prediction_type must be epsilon or v_prediction, got {prediction_type!r}")
    sigma = sigmas.double()
    width = (sigma.square() + sigma_data**2).sqrt()
    c_skip, c_out = (sigma_data / width).square(), sigma * sigma_data / width
    return _of_clean_image(sigma, sigma.log() / 4, c_skip, c_out if prediction_type == "epsilon" else -c_out, 1 / width)


def consistency(sigmas: Tensor, sigma_min: float = 0.002, sigma_data: float = 0.5) -> GaussianPath:
    """The path of a consistency model: EDM's, with the boundary condition x₀ = y at σ_min, told 250 ln σ.

    Args:
        sigmas: (T,), rising, above sigma_min: there the network has no say.

    Source: Song et al., "Consistency Models" (2023), appendix C.
    """
    sigma = sigmas.double()
    width = (sigma.square() + sigma_data**2).sqrt()
    c_skip, c_out = sigma_data**2 / ((sigma - sigma_min).square() + sigma_data**2), (sigma - sigma_min) * sigma_data / width
    return _of_clean_image(sigma, 250 * sigma.log(), c_skip, c_out, 1 / width)


def straight(sigmas: Tensor, num_train_timesteps: int = 1000) -> GaussianPath:
    """The path of rectified flow: y = (1 - σ) x₀ + σ ε, and the network, told σ · num_train_timesteps, predicts v = ε - x₀.

    Args:
        sigmas: (T,), rising, in (0, 1].
    """
    sigma = sigmas.double()
    one = torch.ones_like(sigma)
    return GaussianPath(1 - sigma, sigma, (sigma * num_train_timesteps).float(), 1 - sigma, one, fed=one)


def _of_clean_image(sigma: Tensor, times: Tensor, c_skip: Tensor, c_out: Tensor, c_in: Tensor) -> GaussianPath:
    """y = x₀ + σ ε for a network F with x₀ = c_skip y + c_out F(c_in y)."""
    return GaussianPath(torch.ones_like(sigma), sigma, times.float(), -c_out / sigma, (1 - c_skip) / sigma, fed=c_in)


def ask(network: nn.Module, y: Tensor, time: Tensor, **condition: Tensor) -> Tensor:
    """What a network of diffusers says: network(y, time, condition), with as many channels as y, or more."""
    return network(y, time, **condition).sample


@dataclass
class PathDenoiser:
    """A network with the path it was trained on, as a `Denoiser`; on disk or off it, whatever the path.

    Args:
        shape: (c, h, w) of what it denoises.
        condition: what the network is told: name -> (1, ...) for all images, or (n, ...) for a batch of n.
        asked: how the network is called; see `ask`.
        needs: what it has to be told before it can be asked, in words; "" for nothing.
        fitting: how many images it is asked about at once.
    """

    unet: nn.Module
    path: GaussianPath
    shape: tuple[int, int, int]
    condition: dict[str, Any] = field(default_factory=dict)
    asked: Callable[..., Tensor] = ask
    needs: str = ""
    fitting: Fitting = field(default_factory=Fitting)

    @property
    def alphas_cumprod(self) -> Tensor:
        return self.path.alphas_cumprod

    def predict_noise(self, x: Tensor, timestep: int | Tensor) -> Tensor:
        """ε̂(x, t): x (n, c, h, w) in any range, timestep an int or (n,) in [0, T); returned in x's dtype, on its device.

        Raises:
            ValueError: x has other channels or another size than the network, the timestep is out of range, or the network
                was told nothing, or something for another number of images.
        """
        if x.ndim != 4 or tuple(x.shape[1:]) != tuple(self.shape):
            raise InvalidInput(f"x must have shape (n, {', '.join(map(str, self.shape))}), got {tuple(x.shape)}")
        if self.needs:
            raise InvalidInput(self.needs)
        path, parameter = self.path, next(self.unet.parameters())
        check_timestep(timestep, len(path.times))
        fed, of_output, of_input = (
            alpha_bar_at(timestep, values, x) for values in (path.fed * path.norm, path.of_output, path.of_input * path.norm)
        )
        time = path.times[torch.as_tensor(timestep, device=path.times.device).reshape(-1)].expand(len(x)).to(parameter.device)
        y, told = (fed * x + path.offset).to(parameter), self._told(len(x), parameter.device)

        def ask(rows: slice) -> Tensor:
            return self.asked(self.unet, y[rows], time[rows], **{name: value[rows] for name, value in told.items()})

        predicted = self.fitting(ask, len(x))
        # A network that learned its variance, too, has twice the channels.
        return of_output * predicted[:, : x.shape[1]].to(x) + of_input * x

    def told(self, **condition: Any) -> "PathDenoiser":
        """The same network, told this."""
        return replace(self, condition={**self.condition, **condition}, needs="")

    def compiled(self) -> "PathDenoiser":
        """The same denoiser, its network compiled for this machine; see `UNetDenoiser.compiled`."""
        return replace(self, unet=cast(nn.Module, torch.compile(self.unet, dynamic=False)))

    def _told(self, n: int, device: torch.device) -> dict[str, Tensor]:
        told = {}
        for name, value in self.condition.items():
            if len(value) not in (1, n):
                raise InvalidInput(f"there must be one condition, or one per image ({n}), got {len(value)}")
            told[name] = value.expand(n, *value.shape[1:]).to(device)
        return told
