"""Which path was this network trained on, as its scheduler tells?"""

from typing import Any

import torch
from torch import Tensor

from helpers.errors import InvalidInput
from helpers.models.paths import GaussianPath, consistency, edm, straight, variance_exploding, variance_preserving

# All that step along the path of DDPM, by ᾱ of integer timesteps: how they step is of no account here.
VARIANCE_PRESERVING = (
    "DDPMScheduler", "DDIMScheduler", "DDPMParallelScheduler", "DDIMParallelScheduler", "PNDMScheduler", "LMSDiscreteScheduler",
    "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "HeunDiscreteScheduler", "KDPM2DiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler", "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler", "DPMSolverSDEScheduler",
    "DEISMultistepScheduler", "UniPCMultistepScheduler", "SASolverScheduler", "LCMScheduler", "TCDScheduler", "UnCLIPScheduler",
)  # fmt: skip
EDM = ("EDMEulerScheduler", "EDMDPMSolverMultistepScheduler")
FLOW = ("FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler", "FlowMatchLCMScheduler")
OTHERS = ("ScoreSdeVeScheduler", "CMStochasticIterativeScheduler")
SCHEDULERS = tuple(f"diffusers.{name}" for name in (*VARIANCE_PRESERVING, *EDM, *FLOW, *OTHERS))


def path_of(scheduler: Any) -> GaussianPath:
    """The path of a scheduler of diffusers, over the times of its own schedule, from little noise to much.

    Raises:
        ValueError: a scheduler, or a setting of one, that is not understood.
    """
    name, config = type(scheduler).__name__, scheduler.config
    if name == "ScoreSdeVeScheduler":
        low, high = torch.tensor([config.sigma_min, config.sigma_max], dtype=torch.float64).log().tolist()
        return variance_exploding(torch.linspace(low, high, config.num_train_timesteps, dtype=torch.float64).exp())
    if name == "CMStochasticIterativeScheduler":
        # At σ_min, the last of its levels, such a model says x₀ = y by construction.
        return consistency(torch.as_tensor(scheduler.sigmas).flip(0)[1:], config.sigma_min, config.sigma_data)
    if name in EDM:
        return edm(_edm_sigmas(scheduler), config.sigma_data, config.prediction_type)
    if name in FLOW or getattr(config, "use_flow_sigmas", False) or _prediction(config) == "flow_prediction":
        return straight(_flow_sigmas(scheduler), config.num_train_timesteps)
    if name not in VARIANCE_PRESERVING or not isinstance(getattr(scheduler, "alphas_cumprod", None), Tensor):
        raise InvalidInput(f"the path of a {name} is not known; save the model with the scheduler it was trained with")
    if getattr(config, "timestep_type", "discrete") != "discrete":
        raise InvalidInput(f"{name} has timestep_type {config.timestep_type!r}; only 'discrete' is understood")
    return variance_preserving(scheduler.alphas_cumprod, _prediction(config))


def _prediction(config: Any) -> str:
    """What the network predicts; some schedulers call the clean image "original_sample"."""
    named = getattr(config, "prediction_type", "epsilon")
    return "sample" if named == "original_sample" else named


def _edm_sigmas(scheduler: Any) -> Tensor:
    scheduler.set_timesteps(scheduler.config.num_train_timesteps)
    return scheduler.sigmas[:-1].flip(0)


def _flow_sigmas(scheduler: Any) -> Tensor:
    """σ of the training steps, with the shift of the scheduler, from little noise to much.

    A shift that depends on the size of the image says where to step, not what the network was trained on: without it.
    """
    config = scheduler.config
    sigmas = torch.arange(1, config.num_train_timesteps + 1, dtype=torch.float64) / config.num_train_timesteps
    shift = getattr(config, "shift", None) or getattr(config, "flow_shift", None) or 1.0
    shift = 1.0 if getattr(config, "use_dynamic_shifting", False) else shift
    return shift * sigmas / (1 + (shift - 1) * sigmas)
