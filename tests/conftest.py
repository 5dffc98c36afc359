"""What several tests need: a denoiser so small that it trains in seconds.

Each fixture imports what it needs: the process that hands the tests out reads this file too, before the others start.
"""

import pytest
from hypothesis import HealthCheck, settings

# No test depends on how busy the machine is.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture
def tiny_recipe():
    from helpers.training.recipes import Recipe

    return Recipe("tiny", channels=(8, 8), norm_groups=2, steps=6, batch_size=4, checkpoint_every=2)


@pytest.fixture
def tiny_images():
    import torch

    return torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.fixture(scope="session")
def tiny_disk(tmp_path_factory):
    """A pipeline and 23 images, as plain diffusers and Pillow write them."""
    import numpy as np
    from diffusers import DDPMPipeline
    from PIL import Image

    from helpers.models.schedule import linear_scheduler
    from helpers.training.recipes import Recipe, build_unet

    root = tmp_path_factory.mktemp("devices")
    unet = build_unet(Recipe("tiny", channels=(8, 8), norm_groups=2), (1, 8, 8))
    DDPMPipeline(unet, linear_scheduler()).save_pretrained(root / "model")
    (root / "images").mkdir()
    for i, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (23, 8, 8), dtype=np.uint8)):
        Image.fromarray(pixels).save(root / "images" / f"{i:02}.png")
    return root


@pytest.fixture
def told_model():
    """told_model() is a small untrained text-to-image model for images (3, 16, 16), and three captions whose words it knows."""
    from helpers.models.autoencoders import AutoencoderRecipe, build_autoencoder
    from helpers.models.text_to_image import TextToImage, build_text_encoder, build_told_unet, word_tokenizer

    captions = ["smiling cat", "grinning face with one large eye", "cat face"]

    def build():
        autoencoder = build_autoencoder(AutoencoderRecipe("tiny", channels=(8, 8), norm_groups=4), (3, 16, 16))
        autoencoder.register_to_config(scaling_factor=0.7)
        tokenizer = word_tokenizer(captions)
        unet, encoder = build_told_unet((8, 16), (4, 8, 8), 16, seed=0), build_text_encoder(tokenizer, 16, seed=0)
        return TextToImage(autoencoder.eval(), unet.eval(), encoder.eval(), tokenizer), captions

    return build
