"""What several tests of the audit need: a model that remembers, folders of images, and what an audit of them found."""

import pytest
from diffusers import DDPMPipeline
from PIL import Image

from helpers import zoo
from helpers.audit.procedure import audit
from helpers.audit.settings import Settings
from helpers.data.catalogue import load_digits


@pytest.fixture(scope="session")
def save_images():
    """save_images(images, folder, prefix): writes them as numbered PNGs."""

    def save(images, folder, prefix=""):
        folder.mkdir(parents=True, exist_ok=True)
        for i, image in enumerate(images):
            Image.fromarray(((image[0] + 1) * 127.5).round().byte().numpy()).save(folder / f"{prefix}{i:04}.png")
        return folder

    return save


@pytest.fixture(scope="session")
def disk(tmp_path_factory, save_images):
    """A model that remembers its members, as plain diffusers saves it, and folders of images."""
    root, split, denoiser = tmp_path_factory.mktemp("audit"), load_digits(), zoo.load("ddpm-digits-late")
    DDPMPipeline(denoiser.unet, denoiser.scheduler).save_pretrained(root / "model")
    save_images(split.members[:200], root / "members")
    save_images(split.held_out[:200], root / "held-out")
    save_images(split.held_out[200:400], root / "never-seen")
    return root


@pytest.fixture(scope="session")
def found(disk):
    return audit(
        disk / "model", disk / "members", disk / "held-out", disk / "out", Settings(timesteps=(40, 60, 80)), progress=False
    )
