"""Which text-to-image models come with the book?

Autoencoder, text encoder and network of the base stand in one safetensors file, in half precision, with the recipe that they come
from; of a fine-tune only its network, or its LoRA. The tokenizer follows from the captions. Models of larger pictures are kept in
the same way, but by whoever trained them: none comes with the book.
"""

from pathlib import Path

from diffusers import AutoencoderKL
from torch import Tensor, nn

from helpers import __version__
from helpers.models.autoencoders import build_autoencoder
from helpers.models.text_to_image import TextToImage, build_text_encoder, build_told_unet, word_tokenizer
from helpers.training.checkpoints import write_safetensors
from helpers.training.emoji_recipes import AUTOENCODERS, BASES, EMOJI_BASE, kind_of, public_pictures, told_recipe
from helpers.training.text_to_image import TextToImageRecipe, adapted
from helpers.zoo.weights import checked_weights, checksum

TOLD_WEIGHTS = Path(__file__).parent / "committed" / "told"
COMMITTED_TOLD = (EMOJI_BASE.name, "emoji-full-seed-0", "emoji-lora-8-seed-0")
LOCAL_WEIGHTS = Path("_build/runs/emoji-64/weights")


def weights_folder(recipe: TextToImageRecipe) -> Path:
    """Where its weights are: with the book, or, at 64 x 64, in a local folder that is never committed."""
    return TOLD_WEIGHTS if recipe.size == 32 else LOCAL_WEIGHTS


def again(recipe: TextToImageRecipe) -> str:
    """What to do about weights that are not there, or not those of the recipe."""
    name = kind_of(recipe) if recipe in BASES.values() else recipe.name
    return f"run `python -m helpers maintain fine-tunes {name}` to train it anew"


def save_told(recipe: TextToImageRecipe, model: TextToImage, folder: Path | None = None) -> Path:
    """Write what the recipe trained, with its provenance, to folder/NAME.safetensors, by default in its `weights_folder`."""
    tensors = {
        f"{part}.{name}": value.half()
        for part, network in _trained(recipe, model).items()
        for name, value in network.state_dict().items()
        if not recipe.rank or "lora_" in name
    }
    factor = repr(float(model.autoencoder.config.scaling_factor))
    origin = {"recipe": recipe.to_json(), "sha256": checksum(tensors), "version": __version__, "scaling_factor": factor}
    path = (folder or weights_folder(recipe)) / f"{recipe.name}.safetensors"
    write_safetensors(tensors, path, origin)
    return path


def load_told(name: str, folder: Path | None = None) -> TextToImage:
    """The trained model of that name, in evaluation mode, on the CPU; a LoRA is in its place beside the base's network.

    Args:
        folder: where its weights are, and its base's; by default its `weights_folder`.

    Raises:
        ValueError: weights of another recipe, or a corrupted file.
        FileNotFoundError: no weights are kept of it; the message says how to train it.
    """
    recipe = told_recipe(name)
    model, folder = untrained(recipe, folder), folder or weights_folder(recipe)
    if recipe.rank:
        model.unet = adapted(recipe, model.unet)
    metadata, tensors = checked_weights(folder / f"{name}.safetensors", recipe.to_json(), again(recipe))
    for part, network in _trained(recipe, model).items():
        network.load_state_dict(_part(tensors, f"{part}."), strict=not recipe.rank)
    if not recipe.base:
        model.autoencoder.register_to_config(scaling_factor=float(metadata["scaling_factor"]))
    for network in (model.autoencoder, model.unet, model.text_encoder):
        network.eval()
    return model


def untrained(recipe: TextToImageRecipe, folder: Path | None = None) -> TextToImage:
    """What the recipe starts from: the base; or networks that know nothing, behind the base's autoencoder.

    Raises:
        ValueError, FileNotFoundError: as `load_told` of the base.
    """
    if recipe.base:
        return load_told(recipe.base, folder)
    base, compressed = BASES[recipe.size], AUTOENCODERS[recipe.size]
    tokenizer = word_tokenizer(public_pictures().captions)  # the same at every size
    unet = build_told_unet(recipe.channels, compressed.latent_shape(recipe.size), recipe.text_width, recipe.seed)
    encoder = build_text_encoder(tokenizer, recipe.text_width, recipe.seed)
    autoencoder = build_autoencoder(compressed, (3, recipe.size, recipe.size))
    assert isinstance(autoencoder, AutoencoderKL)
    if recipe != base:
        autoencoder = load_told(base.name, folder).autoencoder
    return TextToImage(autoencoder, unet, encoder, tokenizer)


def _trained(recipe: TextToImageRecipe, model: TextToImage) -> dict[str, nn.Module]:
    if recipe.base:
        return {"unet": model.unet}
    return {"unet": model.unet, "text_encoder": model.text_encoder, "autoencoder": model.autoencoder}


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
