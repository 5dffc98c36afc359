"""Which latent diffusion models come with the book?

The few that chapters load, of the many whose scores `helpers.experiments.outcomes` keeps: autoencoder and denoiser in one
safetensors file, in half precision, with the experiment they come from and the scaling factor between the two.
"""

from pathlib import Path

from helpers import __version__
from helpers.data.catalogue import load_split
from helpers.errors import InvalidInput
from helpers.models.autoencoders import build_autoencoder
from helpers.models.denoisers import UNetDenoiser
from helpers.models.latent import LatentDenoiser
from helpers.models.schedule import linear_scheduler
from helpers.training.checkpoints import write_safetensors
from helpers.training.experiment_recipes import Experiment, experiment
from helpers.training.recipes import build_unet
from helpers.zoo.weights import checked_weights, checksum, how_to_train

LATENT_WEIGHTS = Path(__file__).parent / "committed" / "latent"
COMMITTED_LATENT = (
    *("beta-1e-3-seed-0", "beta-1e-2-seed-0", "beta-1e-1-seed-0", "beta-1e0-seed-0"),
    *("mean-beta-1e-3-seed-0", "mean-beta-1e-1-seed-0"),
    *("mean-beta-1e1-seed-0", "vq-4x8x8-seed-2", "tiny-4x8x8-seed-2"),
)


def save(e: Experiment, denoiser: LatentDenoiser, folder: Path = LATENT_WEIGHTS) -> Path:
    """Write the experiment's two networks with their provenance to folder/NAME.safetensors."""
    networks = {"autoencoder": denoiser.autoencoder, "unet": denoiser.unet}
    tensors = {f"{part}.{key}": value.half() for part, network in networks.items() for key, value in network.state_dict().items()}
    origin = {
        "recipe": e.to_json(),
        "sha256": checksum(tensors),
        "version": __version__,
        "scaling_factor": repr(denoiser.scaling_factor),
    }
    path = folder / f"{e.name}.safetensors"
    write_safetensors(tensors, path, origin)
    return path


def load(name: str, folder: Path = LATENT_WEIGHTS) -> LatentDenoiser:
    """The trained latent denoiser of that experiment, in evaluation mode, on the CPU; it encodes to the posterior's mean.

    Raises:
        ValueError: unknown experiment, weights of another recipe, or a corrupted file.
        FileNotFoundError: no weights are kept of this experiment; the message says how to train them.
    """
    wanted = experiment(name)
    if wanted.autoencoder is None:
        raise InvalidInput(f"{name} works in pixels; no latent model belongs to it")
    metadata, tensors = checked_weights(folder / f"{name}.safetensors", wanted.to_json(), how_to_train(name))
    shape = load_split(wanted.denoiser.dataset, wanted.denoiser.split_seed).image_shape
    autoencoder = build_autoencoder(wanted.autoencoder, shape)
    autoencoder.load_state_dict(_part(tensors, "autoencoder."))
    unet = build_unet(wanted.denoiser, wanted.autoencoder.latent_shape(shape[-1]))
    unet.load_state_dict(_part(tensors, "unet."))
    factor = float(metadata["scaling_factor"])
    autoencoder.register_to_config(scaling_factor=factor)
    return LatentDenoiser(autoencoder.eval(), UNetDenoiser(unet.eval(), linear_scheduler()), factor)


def _part(tensors: dict, prefix: str) -> dict:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
