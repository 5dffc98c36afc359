"""Which latent diffusion models come with the book?

The few that chapters load, of the many whose scores `helpers.outcomes` keeps: autoencoder and denoiser in one safetensors
file, in half precision, with the experiment they come from and the scaling factor between the two.
"""

from pathlib import Path

from helpers import __version__, zoo
from helpers.autoencoders import build_autoencoder
from helpers.checkpoints import write_safetensors
from helpers.data import DATASETS
from helpers.denoisers import UNetDenoiser
from helpers.experiments import Experiment, experiment
from helpers.latent import LatentDenoiser
from helpers.recipes import build_unet
from helpers.schedule import linear_scheduler

WEIGHTS = zoo.WEIGHTS / "latent"
COMMITTED = (
    *("beta-1e-3-seed-0", "beta-1e-2-seed-0", "beta-1e-1-seed-0", "beta-1e0-seed-0"),
    *("mean-beta-1e-3-seed-0", "mean-beta-1e-1-seed-0"),
    *("mean-beta-1e1-seed-0", "vq-4x8x8-seed-2", "tiny-4x8x8-seed-2"),
)


def save(e: Experiment, denoiser: LatentDenoiser, folder: Path = WEIGHTS) -> Path:
    """Write the experiment's two networks with their provenance to folder/NAME.safetensors."""
    networks = {"autoencoder": denoiser.autoencoder, "unet": denoiser.unet}
    tensors = {f"{part}.{key}": value.half() for part, network in networks.items() for key, value in network.state_dict().items()}
    origin = {
        "recipe": e.to_json(),
        "sha256": zoo.checksum(tensors),
        "version": __version__,
        "scaling_factor": repr(denoiser.scaling_factor),
    }
    path = folder / f"{e.name}.safetensors"
    write_safetensors(tensors, path, origin)
    return path


def load(name: str, folder: Path = WEIGHTS) -> LatentDenoiser:
    """The trained latent denoiser of that experiment, in evaluation mode, on the CPU; it encodes to the posterior's mean.

    Raises:
        ValueError: unknown experiment, weights of another recipe, or a corrupted file.
        FileNotFoundError: no weights are kept of this experiment; the message says how to train them.
    """
    wanted, path = experiment(name), folder / f"{name}.safetensors"
    again = f"run `make retrain RECIPE={name}` to train them anew"
    metadata, tensors = zoo.read_weights(path, again)
    if metadata.get("recipe") != wanted.to_json():
        raise ValueError(f"weights {path} belong to another recipe ({metadata.get('recipe')}); {again}")
    if metadata.get("sha256") != zoo.checksum(tensors):
        raise ValueError(f"weights {path} are corrupted (checksum differs); {again}")
    images = DATASETS[wanted.denoiser.dataset](wanted.denoiser.split_seed).members
    autoencoder = build_autoencoder(wanted.autoencoder, tuple(images.shape[1:]))
    autoencoder.load_state_dict(_part(tensors, "autoencoder."))
    unet = build_unet(wanted.denoiser, wanted.autoencoder.latent_shape(images.shape[-1]))
    unet.load_state_dict(_part(tensors, "unet."))
    factor = float(metadata["scaling_factor"])
    autoencoder.register_to_config(scaling_factor=factor)
    return LatentDenoiser(autoencoder.eval(), UNetDenoiser(unet.eval(), linear_scheduler()), factor)


def _part(tensors: dict, prefix: str) -> dict:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
