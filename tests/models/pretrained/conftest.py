"""Models of the smallest parts there are, built offline as diffusers' own tests build theirs."""

import json

import pytest
import torch
from diffusers import AutoencoderKL, DDIMScheduler, FluxPipeline, StableDiffusionPipeline, UNet2DConditionModel, UNet2DModel
from peft import LoraConfig, inject_adapter_in_model
from peft.utils import get_peft_model_state_dict
from tokenizers import Tokenizer, models, pre_tokenizers
from tokenizers.processors import TemplateProcessing
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    Gemma2Config,
    Gemma2Model,
    GemmaTokenizerFast,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

from helpers.models.pretrained import load_pipeline


@pytest.fixture(scope="session")
def unet():
    """unet(channels, size, **changes): a `UNet2DModel` of random weights."""

    def build(channels=1, size=8, **changes):
        torch.manual_seed(0)
        settings = {"block_out_channels": (8,), "norm_num_groups": 2, "layers_per_block": 1}
        settings |= {"down_block_types": ("DownBlock2D",), "up_block_types": ("UpBlock2D",)}
        ends = (channels, channels) if isinstance(channels, int) else channels
        return UNet2DModel(size, *ends, **(settings | changes)).eval()

    return build


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """A text encoder and its tokenizer, which knows letters."""
    folder = tmp_path_factory.mktemp("clip")
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    torch.manual_seed(0)
    text = {"vocab_size": len(tokens), "hidden_size": 16, "intermediate_size": 16, "max_position_embeddings": 8}
    text |= {"num_hidden_layers": 1, "num_attention_heads": 2, "bos_token_id": 52, "eos_token_id": 53, "pad_token_id": 53}
    tokenizer = CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=8)
    return CLIPTextModel(CLIPTextConfig(**text)).eval(), tokenizer


def letters_known(folder, model, settings, end=""):
    """A folder with the files of a tokenizer.

    Args:
        end: what it puts behind a text.
    """
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    if end:
        tokenizer.post_processor = TemplateProcessing(single=f"$A {end}", special_tokens=[(end, tokenizer.token_to_id(end))])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


@pytest.fixture(scope="session")
def t5(tmp_path_factory):
    """A text encoder of another kind, and its tokenizer, which knows letters."""
    words = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), *((chr(ord("a") + i), -3.0) for i in range(26))]
    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", "extra_ids": 0, "model_max_length": 512}
    files = letters_known(tmp_path_factory.mktemp("t5"), models.Unigram(words, unk_id=2), special, end="</s>")
    torch.manual_seed(0)
    sizes = {"vocab_size": 30, "d_model": 32, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    return T5EncoderModel(T5Config(**sizes, feed_forward_proj="gated-gelu")).eval(), T5TokenizerFast.from_pretrained(files)


@pytest.fixture(scope="session")
def gemma(tmp_path_factory):
    """A language model as a text encoder, and its tokenizer, which knows letters."""
    words = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", *(chr(ord("a") + i) for i in range(26))]
    special = {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>", "unk_token": "<unk>", "model_max_length": 1000}
    model = models.BPE(vocab={word: i for i, word in enumerate(words)}, merges=[], unk_token="<unk>")
    files = letters_known(tmp_path_factory.mktemp("gemma"), model, special)
    torch.manual_seed(0)
    sizes = {"vocab_size": 32, "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    encoder = Gemma2Model(Gemma2Config(**sizes, num_key_value_heads=2, head_dim=8)).eval()
    return encoder, GemmaTokenizerFast.from_pretrained(files)


@pytest.fixture(scope="session")
def vae():
    """vae(**changes): an `AutoencoderKL` that halves each side, 4 latent channels."""

    def build(**changes):
        torch.manual_seed(0)
        blocks = (("DownEncoderBlock2D",) * 2, ("UpDecoderBlock2D",) * 2, (8, 8))
        return AutoencoderKL(3, 3, *blocks, norm_num_groups=2, **({"scaling_factor": 0.5} | changes)).eval()

    return build


@pytest.fixture(scope="session")
def told(tmp_path_factory, clip, vae):
    """A text-to-image pipeline, on disk and in memory."""
    folder = tmp_path_factory.mktemp("told")
    torch.manual_seed(0)
    blocks = {"down_block_types": ("CrossAttnDownBlock2D",), "up_block_types": ("CrossAttnUpBlock2D",)}
    narrow = {"block_out_channels": (8,), "layers_per_block": 1, "norm_num_groups": 2, "attention_head_dim": 2}
    pipeline = StableDiffusionPipeline(
        vae(),
        *clip,
        UNet2DConditionModel(8, 4, 4, cross_attention_dim=16, **blocks, **narrow).eval(),
        DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False, steps_offset=1),
        None,
        None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder / "model")
    return folder / "model", pipeline


@pytest.fixture
def same_as(record_property):
    """same_as(model, prompts, pipeline, name, told, sign, **call): the model says what the pipeline hears from its network.

    The pipeline itself is called, without guidance, and what goes into its network and comes out is written down.

    Args:
        sign: -1 for a network that says the contrary.
        told: what the pipeline tells the network of the time -> the time on the model's path.
        call: what else the pipeline is called with.
    """

    @torch.no_grad()
    def check(model, prompts, pipeline, name, told=float, sign=1, **call):
        seen = []
        network = getattr(pipeline, name).eval()
        heard = network.register_forward_hook(lambda _, args, given, said: seen.append((args, given, said)), with_kwargs=True)
        pipeline.set_progress_bar_config(disable=True)
        pipeline(prompts, **({"output_type": "latent", "guidance_scale": 1.0, "num_inference_steps": 3} | call))
        heard.remove()
        denoiser, largest = model.told(prompts), 0.0
        path, channels = denoiser.denoiser.path, denoiser.denoiser.shape[0]
        for args, given, said in seen:
            y = args[0] if args else given["hidden_states"]
            time = args[1] if len(args) > 1 else given["timestep"]
            t = int((path.times.double() - told(time.reshape(-1)[0].item())).abs().argmin())
            assert float(path.times[t]) == pytest.approx(told(time.reshape(-1)[0].item()), rel=1e-5)
            y, said = unpacked(y, denoiser.denoiser.shape)[:, :channels], unpacked(said[0], denoiser.denoiser.shape)[:, :channels]
            expected = path.of_output[t] * sign * said.double() + path.of_input[t] * y.double()
            found = denoiser.predict_noise((y.double() / path.norm[t]).float(), t)
            assert torch.allclose(found, expected.float(), atol=1e-5, rtol=1e-5)
            largest = max(largest, (found - expected).abs().max().item())
        assert len(seen) >= 1
        record_property("largest difference", largest)

    return check


def unpacked(z, shape):
    """Latents (n, c, h, w), also of those that are packed as (n, h / 2 · w / 2, 4 c)."""
    if z.ndim == 4:
        return z
    _, height, width = shape
    return FluxPipeline._unpack_latents(z, height, width, vae_scale_factor=1)


ATTENTION = ["to_q", "to_k", "to_v", "to_out.0"]


@pytest.fixture
def with_lora():
    """with_lora(network, rank, alpha, targets): low-rank weights that it now has, by their names in peft."""

    def put(network, rank=4, alpha=4, targets=ATTENTION, **settings):
        torch.manual_seed(1)
        config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=targets, init_lora_weights=False, **settings)
        if hasattr(network, "load_lora_adapter"):
            network.add_adapter(config)
        else:
            inject_adapter_in_model(config, network)
        found = get_peft_model_state_dict(network)
        return {name: tensor.clone() for name, tensor in found.items()}

    return put


@pytest.fixture
def same_with_lora(tmp_path, same_as, with_lora):
    """same_with_lora(pipeline, told, sign, size, **call): as `same_as`, with a LoRA that the pipeline saves and loads."""

    def check(pipeline, *args, size=None, name="transformer", **call):
        pipeline.save_pretrained(tmp_path / "model")
        network = getattr(pipeline, name)
        low = with_lora(network)
        network.delete_adapters("default")
        pipeline.save_lora_weights(tmp_path / "lora", low)
        pipeline.load_lora_weights(tmp_path / "lora")
        model = load_pipeline(tmp_path / "model", lora=tmp_path / "lora", size=size)
        assert any(f"layers of {name}" in note for note in model.notes)
        same_as(model, ["a cat"], pipeline, name, *args, **call)
        base = load_pipeline(tmp_path / "model", size=size).told(["a cat"])
        x = torch.randn(1, *base.denoiser.shape)
        assert torch.allclose(model.reference.told(["a cat"]).predict_noise(x, 400), base.predict_noise(x, 400), atol=1e-6)
        assert not torch.allclose(model.told(["a cat"]).predict_noise(x, 400), base.predict_noise(x, 400), atol=1e-4)

    return check
