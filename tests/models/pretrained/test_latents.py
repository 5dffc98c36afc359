"""Latents of every kind of autoencoder are those that plain diffusers code makes, and are denoised as it does."""

import pytest
import torch
from diffusers import (
    AutoencoderDC,
    AutoencoderKL,
    AutoencoderTiny,
    DDIMScheduler,
    LDMPipeline,
    VQModel,
)

from helpers.attacks import SimA
from helpers.models.pretrained import load_pipeline

IMAGES = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
CLOSE = {"atol": 1e-5, "rtol": 1e-5}


def vq(**changes):
    blocks = (("DownEncoderBlock2D",) * 2, ("UpDecoderBlock2D",) * 2, (8, 8))
    return VQModel(3, 3, *blocks, latent_channels=4, norm_num_groups=2, **changes).eval()


def tiny(**changes):
    blocks = {"encoder_block_out_channels": (8, 8), "decoder_block_out_channels": (8, 8)}
    return AutoencoderTiny(**blocks, num_encoder_blocks=(1, 1), num_decoder_blocks=(1, 1), **changes).eval()


def deep(**changes):
    return AutoencoderDC(
        latent_channels=4, attention_head_dim=2, encoder_block_out_channels=(8, 8), decoder_block_out_channels=(8, 8),
        encoder_block_types="ResBlock", decoder_block_types="ResBlock", encoder_layers_per_block=(1, 1),
        decoder_layers_per_block=(1, 1), encoder_qkv_multiscales=((), ()), decoder_qkv_multiscales=((), ()), **changes,
    ).eval()  # fmt: skip


def encoded(autoencoder, images):
    found = autoencoder.encode(images)
    return found.latent_dist.mean if isinstance(autoencoder, AutoencoderKL) else found[0]


@pytest.mark.parametrize("family", ["kl", "vq", "tiny", "dc"])
@torch.no_grad()
def test_every_autoencoder_is_asked_for_its_latents_and_the_network_about_them(tmp_path, unet, vae, family):
    torch.manual_seed(0)
    autoencoder = {"kl": vae, "vq": vq, "tiny": tiny, "dc": deep}[family](scaling_factor=0.3)
    LDMPipeline(autoencoder, unet(4), DDIMScheduler()).save_pretrained(tmp_path)
    model = load_pipeline(tmp_path)
    assert model.image_shape == (3, 16, 16)
    z = 0.3 * encoded(autoencoder, IMAGES)
    assert torch.allclose(model.denoiser.encode(IMAGES), z, **CLOSE)
    assert torch.allclose(model.denoiser.predict_noise(z, 40), unet(4)(z, 40).sample, **CLOSE)
    assert torch.allclose(model.denoiser.decode(z), autoencoder.decode(z / 0.3).sample, **CLOSE)
    assert SimA().score(model.denoiser, IMAGES).shape == (2,)


@torch.no_grad()
def test_shift_mean_and_deviation_of_latents_are_heeded_and_named(tmp_path, unet, vae):
    means, deviations = torch.tensor([0.1, -0.2, 0.3, 0.4]), torch.tensor([1.0, 2.0, 0.5, 1.5])
    mean = encoded(vae(), IMAGES)
    for changes, expected in {
        "shift": ({"shift_factor": 0.2}, (mean - 0.2) * 0.5),
        "both": (
            {"latents_mean": means.tolist(), "latents_std": deviations.tolist()},
            (mean - means.reshape(-1, 1, 1)) * 0.5 / deviations.reshape(-1, 1, 1),
        ),
    }.values():
        LDMPipeline(vae(**changes), unet(4), DDIMScheduler()).save_pretrained(tmp_path)
        model = load_pipeline(tmp_path)
        z = model.denoiser.encode(IMAGES)
        assert torch.allclose(z, expected, **CLOSE)
        assert torch.allclose(model.denoiser.decode(z), vae().decode(mean).sample, **CLOSE)
        assert "latents are shifted and scaled as the autoencoder's config says" in model.notes


@torch.no_grad()
def test_latents_that_are_no_squares(tmp_path, unet, vae):
    LDMPipeline(vae(), unet(4, size=(8, 12)), DDIMScheduler()).save_pretrained(tmp_path)
    model = load_pipeline(tmp_path)
    assert model.image_shape == (3, 16, 24)
    images = torch.rand(2, 3, 16, 24) * 2 - 1
    assert torch.allclose(model.denoiser.encode(images), 0.5 * encoded(vae(), images), **CLOSE)
    with pytest.raises(ValueError, match="the denoiser expects 8 x 12; resize them"):
        model.denoiser.encode(IMAGES)


def test_another_size_is_that_of_the_images(tmp_path, unet, vae):
    LDMPipeline(vae(), unet(4), DDIMScheduler()).save_pretrained(tmp_path)
    model = load_pipeline(tmp_path, size=(8, 24))
    assert model.image_shape == (3, 8, 24)
    assert model.denoiser.encode(torch.zeros(1, 3, 8, 24)).shape == (1, 4, 4, 12)
    with pytest.raises(ValueError, match="the autoencoder works on sides that are multiples of 2, got 9 x 24"):
        load_pipeline(tmp_path, size=(9, 24))


@torch.no_grad()
def test_classes_of_latents_are_told_too(tmp_path, unet, vae):
    network = unet(4, num_class_embeds=3)
    LDMPipeline(vae(), network, DDIMScheduler()).save_pretrained(tmp_path)
    model, z = load_pipeline(tmp_path), torch.randn(2, 4, 8, 8)
    expected = network(z, 40, class_labels=torch.tensor([2, 1])).sample
    assert torch.allclose(model.told_labels([2, 1]).predict_noise(z, 40), expected, **CLOSE)
    with pytest.raises(ValueError, match="has to be told one of its 3 classes"):
        model.denoiser.predict_noise(z, 40)


def test_parts_that_were_not_trained_together_are_refused(tmp_path, unet, vae):
    LDMPipeline(vae(), unet(3), DDIMScheduler()).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="4 latent channels and the denoiser expects 3"):
        load_pipeline(tmp_path)


def test_samples_are_left_to_the_pipeline(tmp_path, unet, vae):
    LDMPipeline(vae(), unet(4), DDIMScheduler()).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="only a denoiser with a scheduler draws samples"):
        load_pipeline(tmp_path).denoiser.sample(1, torch.Generator())
