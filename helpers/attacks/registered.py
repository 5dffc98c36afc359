"""What has to be known of an attack, so that tables, tests and the command line can offer it?"""

from dataclasses import dataclass
from typing import Literal

from helpers.attacks.base import Attack
from helpers.attacks.lira import ShadowModels
from helpers.errors import InvalidInput

Need = Literal["gradients", "latents", "labels", "shadow models"]


@dataclass(frozen=True)
class Registered:
    """An attack with its settings, what it needs beside predicted noise, and where it is offered.

    Args:
        attack: one that needs shadow models cannot be made without them; its class stands for it.
        needs: "gradients" of a network (``unet``), "latents" of an autoencoder, "labels" to learn from, "shadow models".
        timestep_of: name of an attack whose timestep it takes over; with none it chooses its own, if it has one.
        league: does it play in the league? One that needs latents does not: the league's models work on pixels.
        command: its name on the command line; with none it is not offered there.

    Raises:
        ValueError: a name on the command line for what cannot be asked there.
    """

    attack: Attack | type
    needs: tuple[Need, ...] = ()
    timestep_of: str = ""
    league: bool = True
    command: str = ""

    def __post_init__(self):
        lacking = [need for need in self.needs if need in ("labels", "shadow models")]
        if self.command and (lacking or not self.has_timestep):
            reason = f"needs {' and '.join(lacking)}" if lacking else "has no timestep"
            raise InvalidInput(f"{self.command!r} {reason}, and the command line asks a model at one timestep; leave command out")

    @property
    def has_timestep(self) -> bool:
        return hasattr(self.attack, "timestep")

    @property
    def plays_on_pixels(self) -> bool:
        return "latents" not in self.needs

    def made(self, shadows: ShadowModels | None = None) -> Attack:
        """The attack; one that needs shadow models with these."""
        return self.attack(shadows=shadows) if isinstance(self.attack, type) else self.attack
