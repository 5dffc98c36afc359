"""How does one attack meet one model, on one footing with every other?

What an attack has to choose (a timestep) or to learn (a classifier) it chooses and learns on the *calibration* part of the
split; its scores are those of the *evaluation* part, the same images for all.
"""

from dataclasses import dataclass, replace

from helpers.attacks.base import Attack, LearnedAttack, score_over_timesteps, score_part
from helpers.data.splits import LabelledPart, MembershipSplit
from helpers.evaluation.metrics import calibrated_timestep
from helpers.evaluation.row import Row
from helpers.models.denoisers import Denoiser

CALIBRATION_TIMESTEPS = (10, 20, 40, 60, 100, 200)
CHOSEN_ON = 100  # images of each kind, of the calibration part, on which a timestep is chosen


@dataclass(frozen=True)
class Entry:
    """An attack, and the timesteps that it may choose from; with none it is taken as it is, or at another attack's timestep."""

    attack: Attack
    timesteps: tuple[int, ...] = CALIBRATION_TIMESTEPS
    timestep_of: str = ""
    weights: tuple[str, ...] = ()  # checksums of what else decides the scores


def contest(entry: Entry, denoiser: Denoiser, split: MembershipSplit, chosen_on: int = CHOSEN_ON) -> Row:
    """Choose (on `chosen_on` images of each kind) and learn on the calibration part, score the evaluation part."""
    attack, part = entry.attack, split.calibration
    if entry.timesteps:
        few = LabelledPart(part.members[:chosen_on], part.held_out[:chosen_on])
        scores = score_over_timesteps(attack, denoiser, few, entry.timesteps)
        attack = replace(attack, timestep=calibrated_timestep(*scores, entry.timesteps))
    if isinstance(attack, LearnedAttack):
        attack = attack.fit(denoiser, part)
    members, held_out = (scores.double().cpu().numpy() for scores in score_part(attack, denoiser, split.evaluation))
    return Row(members, held_out, getattr(attack, "timestep", None), attack.queries)
