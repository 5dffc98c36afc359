"""What decides the figures of an audit, apart from model and images?"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from torch import Tensor

from helpers.attacks import Attack, registry
from helpers.errors import InvalidInput

SPAN, COUNT = 0.3, 16  # the share of a schedule, from its start, that an audit looks at, and at how many timesteps


def attack_named(name: str) -> Attack:
    """The attack that has this name on the command line.

    Raises:
        ValueError: none has.
    """
    known = {r.command: r.made() for r in registry.ATTACKS.values() if r.command}
    if name not in known:
        raise InvalidInput(f"attack must be one of {', '.join(known)}, got {name!r}")
    return known[name]


@dataclass(frozen=True)
class Settings:
    """What decides the figures of an audit, apart from model and images.

    Args:
        attack: see `attack_named`.
        timesteps: among which the calibration part chooses; None for fractions of the model's own schedule, see
            `default_timesteps`.
        prompts: "captions" of the images, "empty", or one text for all; for a model that takes prompts, or labels.
        seed: of the cut into a calibration and an evaluation part, of noise and of resampling.
        collection: ask, too, whether the members were used as a collection. Leaves every other figure as it is, and so is left
            out where settings are compared: asking for it later is no second try.

    Raises:
        ValueError: an unknown attack, no timestep, prompts that are no text, or no image in a batch.
    """

    attack: str = "sima"
    timesteps: Sequence[int] | None = None
    prompts: str = "empty"
    seed: int = 0
    batch_size: int = 64
    collection: bool = field(default=False, repr=False, compare=False)

    def __post_init__(self):
        attack_named(self.attack)
        if self.timesteps is not None and not self.timesteps:
            raise InvalidInput("there must be at least one timestep")
        if not isinstance(self.prompts, str) or not self.prompts.strip():
            raise InvalidInput(f'prompts must be "empty", "captions", or one text for all images, got {self.prompts!r}')
        if self.batch_size < 1:
            raise InvalidInput(f"batch_size must be at least 1, got {self.batch_size}")

    def on(self, alphas_cumprod: Tensor) -> "Settings":
        """The same settings with timesteps that a model with this schedule, (T,), has.

        Raises:
            ValueError: a timestep beyond the schedule, or one at which an image carries no noise.
        """
        if self.timesteps is None:
            return replace(self, timesteps=default_timesteps(alphas_cumprod))
        steps = len(alphas_cumprod)
        outside = [t for t in self.timesteps if not 0 <= t < steps]
        if outside:
            raise InvalidInput(f"timesteps must be at least 0 and below {steps}, the model's, got {max(outside, key=abs)}")
        clean = [t for t in self.timesteps if not 0 <= float(alphas_cumprod[t]) < 1]
        if clean:
            raise InvalidInput(f"at timestep {clean[0]} this model's images carry no noise that it could predict; leave it out")
        return replace(self, timesteps=tuple(self.timesteps))

    @property
    def asked(self) -> tuple[int, ...]:
        """The timesteps, once the model is known."""
        if self.timesteps is None:
            raise InvalidInput("the timesteps are the model's: settings.on(alphas_cumprod) has them")
        return tuple(self.timesteps)


def default_timesteps(alphas_cumprod: Tensor) -> tuple[int, ...]:
    """Sixteen timesteps over the first 0.3 of a schedule ᾱ (T,): 0, 20, ..., 300 for T = 1000.

    One at which ᾱ is 1, or not defined, is left out: an image carries no noise there that could be predicted.
    """
    steps = len(alphas_cumprod)
    chosen = dict.fromkeys(round(k * SPAN * steps / (COUNT - 1)) for k in range(COUNT))
    return tuple(t for t in chosen if t < steps and 0 <= float(alphas_cumprod[t]) < 1)
