"""Which text-to-image models come with the book?

Autoencoder, text encoder and network of the base stand in one safetensors file, in half precision, with the recipe that they come
from; of a fine-tune only its network, or its LoRA. The tokenizer follows from the captions.
"""

from pathlib import Path

from diffusers import AutoencoderKL
from torch import Tensor, nn

from helpers import __version__
from helpers.models.autoencoders import build_autoencoder
from helpers.models.text_to_image import TextToImage, build_text_encoder, build_told_unet, word_tokenizer
from helpers.training.checkpoints import write_safetensors
from helpers.training.emoji_recipes import EMOJI_AUTOENCODER, EMOJI_BASE, FINE_TUNES, public_pictures
from helpers.training.text_to_image import TextToImageRecipe, adapted
from helpers.zoo.weights import checked_weights, checksum

TOLD_WEIGHTS = Path(__file__).parent / "committed" / "told"
COMMITTED_TOLD = (EMOJI_BASE.name, "emoji-full-seed-0", "emoji-lora-8-seed-0")
AGAIN = "run `python -m helpers maintain fine-tunes base` to train it anew"
SHAPE, LATENT = (3, 32, 32), (4, 8, 8)


def save_told(recipe: TextToImageRecipe, model: TextToImage, folder: Path = TOLD_WEIGHTS) -> Path:
    """Write what the recipe trained, with its provenance, to folder/NAME.safetensors."""
    tensors = {
        f"{part}.{name}": value.half()
        for part, network in _trained(recipe, model).items()
        for name, value in network.state_dict().items()
        if not recipe.rank or "lora_" in name
    }
    factor = repr(float(model.autoencoder.config.scaling_factor))
    origin = {"recipe": recipe.to_json(), "sha256": checksum(tensors), "version": __version__, "scaling_factor": factor}
    path = folder / f"{recipe.name}.safetensors"
    write_safetensors(tensors, path, origin)
    return path


def load_told(name: str, folder: Path = TOLD_WEIGHTS) -> TextToImage:
    """The trained model of that name, in evaluation mode, on the CPU; a LoRA is in its place beside the base's network.

    Raises:
        ValueError: weights of another recipe, or a corrupted file.
        FileNotFoundError: no weights are kept of it; the message says how to train it.
    """
    recipe = EMOJI_BASE if name == EMOJI_BASE.name else FINE_TUNES[name]
    model = untrained(recipe, folder)
    if recipe.rank:
        model.unet = adapted(recipe, model.unet)
    metadata, tensors = checked_weights(folder / f"{name}.safetensors", recipe.to_json(), AGAIN)
    for part, network in _trained(recipe, model).items():
        network.load_state_dict(_part(tensors, f"{part}."), strict=not recipe.rank)
    if not recipe.base:
        model.autoencoder.register_to_config(scaling_factor=float(metadata["scaling_factor"]))
    for network in (model.autoencoder, model.unet, model.text_encoder):
        network.eval()
    return model


def untrained(recipe: TextToImageRecipe, folder: Path = TOLD_WEIGHTS) -> TextToImage:
    """What the recipe starts from: the base; or networks that know nothing, behind the base's autoencoder.

    Raises:
        ValueError, FileNotFoundError: as `load_told` of the base.
    """
    if recipe.base:
        return load_told(recipe.base, folder)
    tokenizer = word_tokenizer(public_pictures().captions)
    unet = build_told_unet(recipe.channels, LATENT, recipe.text_width, recipe.seed)
    encoder = build_text_encoder(tokenizer, recipe.text_width, recipe.seed)
    autoencoder = build_autoencoder(EMOJI_AUTOENCODER, SHAPE)
    assert isinstance(autoencoder, AutoencoderKL)
    if recipe is not EMOJI_BASE:
        autoencoder = load_told(EMOJI_BASE.name, folder).autoencoder
    return TextToImage(autoencoder, unet, encoder, tokenizer)


def _trained(recipe: TextToImageRecipe, model: TextToImage) -> dict[str, nn.Module]:
    if recipe.base:
        return {"unet": model.unet}
    return {"unet": model.unet, "text_encoder": model.text_encoder, "autoencoder": model.autoencoder}


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
