"""What a network predicts is turned into noise as the closed forms say, for every kind of pipeline on disk."""

import json

import pytest
import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DDPMPipeline,
    DDPMScheduler,
    LDMPipeline,
    StableDiffusionPipeline,
    UNet2DConditionModel,
    UNet2DModel,
    VQModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from helpers.attacks import SimA
from helpers.models.denoisers import UNetDenoiser
from helpers.models.pretrained import check_weights, load_pipeline

SCHEDULES = ("linear", "scaled_linear", "squaredcos_cap_v2")


def unet(channels=1, size=8, **changes):
    return UNet2DModel(
        size, channels, channels, block_out_channels=(8,), norm_num_groups=2, layers_per_block=1,
        down_block_types=("DownBlock2D",), up_block_types=("UpBlock2D",), **changes,
    )  # fmt: skip


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_saved_pipeline_is_read_with_its_own_schedule(tmp_path, schedule):
    scheduler = DDPMScheduler(500, beta_schedule=schedule, prediction_type="v_prediction")
    network = unet()
    DDPMPipeline(network, scheduler).save_pretrained(tmp_path)
    model = load_pipeline(tmp_path)
    assert model.kind == "DDPMPipeline"
    assert model.image_shape == (1, 8, 8)
    assert torch.allclose(model.denoiser.alphas_cumprod, scheduler.alphas_cumprod)
    x = torch.rand(2, 1, 8, 8)
    with torch.no_grad():
        a = scheduler.alphas_cumprod[30]
        expected = a.sqrt() * network.eval()(x, 30).sample + (1 - a).sqrt() * x
        assert torch.allclose(model.denoiser.predict_noise(x, 30), expected, atol=1e-5)


def test_a_bare_network_and_its_scheduler_are_enough(tmp_path):
    network = unet()
    network.save_pretrained(tmp_path / "unet")
    DDIMScheduler(beta_schedule="squaredcos_cap_v2").save_pretrained(tmp_path / "scheduler")
    model = load_pipeline(tmp_path)
    x = torch.rand(3, 1, 8, 8)
    with torch.no_grad():
        assert torch.allclose(model.denoiser.predict_noise(x, 30), network.eval()(x, 30).sample, atol=1e-6)


def test_a_latent_pipeline_encodes_before_it_is_asked(tmp_path):
    autoencoder = VQModel(
        1, 1, ("DownEncoderBlock2D",) * 2, ("UpDecoderBlock2D",) * 2, (8, 8), latent_channels=3, norm_num_groups=2, sample_size=16
    )
    LDMPipeline(autoencoder, unet(3), DDIMScheduler()).save_pretrained(tmp_path)
    model = load_pipeline(tmp_path)
    assert model.image_shape == (1, 16, 16)
    images = torch.rand(4, 1, 16, 16) * 2 - 1
    with torch.no_grad():
        z = autoencoder.eval().encode(images).latents * autoencoder.config.scaling_factor
        assert torch.allclose(model.denoiser.encode(images), z, atol=1e-5)
    assert SimA().score(model.denoiser, images).shape == (4,)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A text-to-image pipeline of the smallest parts there are, on disk and in memory."""
    folder = tmp_path_factory.mktemp("told")
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    torch.manual_seed(0)
    text = {"vocab_size": len(tokens), "hidden_size": 16, "intermediate_size": 16, "max_position_embeddings": 8}
    text |= {"num_hidden_layers": 1, "num_attention_heads": 2, "bos_token_id": 52, "eos_token_id": 53, "pad_token_id": 53}
    blocks = {"down_block_types": ("CrossAttnDownBlock2D",), "up_block_types": ("CrossAttnUpBlock2D",)}
    narrow = {"block_out_channels": (8,), "layers_per_block": 1, "norm_num_groups": 2, "attention_head_dim": 2}
    pipeline = StableDiffusionPipeline(
        AutoencoderKL(
            3, 3, ("DownEncoderBlock2D",) * 2, ("UpDecoderBlock2D",) * 2, (8, 8), norm_num_groups=2, scaling_factor=0.5
        ),
        CLIPTextModel(CLIPTextConfig(**text)),
        CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=8),
        UNet2DConditionModel(8, 4, 4, cross_attention_dim=16, **blocks, **narrow),
        DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False, steps_offset=1),
        None,
        None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder / "model")
    return folder / "model", pipeline


def test_a_text_to_image_pipeline_is_asked_with_its_prompts(told):
    folder, pipeline = told
    model, x = load_pipeline(folder), torch.rand(2, 3, 16, 16) * 2 - 1
    assert model.image_shape == (3, 16, 16)
    with torch.no_grad():
        z = pipeline.vae.eval().encode(x).latent_dist.mean * 0.5
        for prompts in (["a cat", "b"], [""]):
            embedding = pipeline.encode_prompt(prompts, "cpu", 1, False)[0].expand(2, -1, -1)
            expected = pipeline.unet.eval()(z, 40, encoder_hidden_states=embedding).sample
            asked = model.told(prompts)
            assert torch.allclose(asked.predict_noise(asked.encode(x), 40), expected, atol=1e-4)
    assert torch.equal(SimA().score(model.denoiser, x), SimA().score(model.told([""]), x))


def test_another_number_of_prompts_than_of_images_is_refused(told):
    model = load_pipeline(told[0]).told(["a", "b"])
    with pytest.raises(ValueError, match=r"one condition, or one per image \(3\), got 2"):
        SimA().score(model, torch.rand(3, 3, 16, 16))


def test_a_conditional_network_without_a_condition_is_refused(told):
    with pytest.raises(ValueError, match="an empty prompt is one, too"):
        UNetDenoiser(told[1].unet, told[1].scheduler)


def test_a_pipeline_without_text_takes_no_prompts(tmp_path):
    DDPMPipeline(unet(), DDPMScheduler()).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="DDPMPipeline takes no prompts"):
        load_pipeline(tmp_path).told([""])


def test_pickled_weights_are_refused_with_the_reason(tmp_path):
    DDPMPipeline(unet(), DDPMScheduler()).save_pretrained(tmp_path, safe_serialization=False)
    with pytest.raises(ValueError, match="is a pickle, and reading it could run any code"):
        load_pipeline(tmp_path)
    (tmp_path / "unet" / "diffusion_pytorch_model.safetensors").touch()
    check_weights(tmp_path)


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"neither model_index\.json nor"):
        load_pipeline(tmp_path)


def test_another_pipeline_is_named(tmp_path):
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": "FluxPipeline"}))
    with pytest.raises(ValueError, match="is a FluxPipeline; what can be audited are"):
        load_pipeline(tmp_path)


def test_damaged_weights_are_named(tmp_path):
    DDPMPipeline(unet(), DDPMScheduler()).save_pretrained(tmp_path)
    path = tmp_path / "unet" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="cannot be loaded as a DDPMPipeline"):
        load_pipeline(tmp_path)
