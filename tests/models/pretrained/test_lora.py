"""A model with a LoRA says what plain diffusers code makes of both, and a LoRA of another base is refused."""

import json
import shutil

import pytest
import torch
from diffusers import DDPMPipeline, DDPMScheduler, FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
from diffusers.utils import convert_state_dict_to_kohya
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

from helpers.models.pretrained import load_pipeline


@pytest.fixture
def fresh(told):
    """The text-to-image pipeline on disk, and a copy in memory that may be changed."""
    folder, pipeline = told
    return folder, type(pipeline).from_pretrained(folder, safety_checker=None)


@torch.no_grad()
def test_what_diffusers_saved_is_applied_as_diffusers_loads_it(tmp_path, fresh, same_as, with_lora):
    folder, pipeline = fresh
    low = with_lora(pipeline.unet)
    pipeline.unet.delete_adapters("default")
    pipeline.save_lora_weights(tmp_path, low)
    model, plain = load_pipeline(folder, lora=tmp_path), load_pipeline(folder)
    pipeline.load_lora_weights(tmp_path)
    same_as(model, ["a cat", "b"], pipeline, "unet")
    x = torch.randn(2, 4, 8, 8)
    assert not torch.allclose(model.denoiser.predict_noise(x, 40), plain.denoiser.predict_noise(x, 40), atol=1e-3)
    assert any("weights.safetensors: rank 4 on 32 layers of unet: to_k, to_out.0, to_q, to_v" in n for n in model.notes)
    assert tmp_path / "pytorch_lora_weights.safetensors" in model.files


@torch.no_grad()
def test_scale_and_ranks_are_those_that_the_file_says(tmp_path, fresh, same_as, with_lora):
    folder, pipeline = fresh
    low = with_lora(pipeline.unet, rank=4, alpha=2, rank_pattern={"to_q": 2}, alpha_pattern={"to_k": 7}, use_rslora=True)
    about = pipeline.unet.peft_config["default"].to_dict()
    pipeline.unet.delete_adapters("default")
    pipeline.save_lora_weights(tmp_path, low, unet_lora_adapter_metadata=about)
    pipeline.load_lora_weights(tmp_path)
    same_as(load_pipeline(folder, lora=tmp_path), ["a cat"], pipeline, "unet")


@torch.no_grad()
def test_text_encoders_are_changed_too(tmp_path, fresh, same_as, with_lora):
    folder, pipeline = fresh
    low = with_lora(pipeline.unet)
    of_text = with_lora(pipeline.text_encoder, targets=["q_proj", "v_proj", "fc1"])
    pipeline.save_lora_weights(tmp_path, low, of_text)
    model = load_pipeline(folder, lora=tmp_path / "pytorch_lora_weights.safetensors")
    same_as(model, ["a cat"], pipeline, "unet")
    assert any("layers of text_encoder: fc1, q_proj, v_proj" in note for note in model.notes)


@torch.no_grad()
def test_files_of_kohya_are_converted(tmp_path, fresh, same_as, with_lora):
    folder, pipeline = fresh
    low = with_lora(pipeline.unet)
    pipeline.unet.delete_adapters("default")
    kohya = convert_state_dict_to_kohya({f"unet.{name}": tensor for name, tensor in low.items()})
    kohya = {name: torch.tensor(2.0) if name.endswith("alpha") else tensor.contiguous() for name, tensor in kohya.items()}
    save_file(kohya, tmp_path / "style.safetensors")
    assert any(name.startswith("lora_unet_") for name in kohya)
    pipeline.load_lora_weights(tmp_path, weight_name="style.safetensors")
    same_as(load_pipeline(folder, lora=tmp_path / "style.safetensors"), ["a cat"], pipeline, "unet")


@pytest.mark.parametrize("directions", [False, True])  # with "DoRA", which scales rows of the weights, too
@torch.no_grad()
def test_what_peft_saved_of_a_pixel_model_is_applied(tmp_path, unet, directions):
    attention = {"down_block_types": ("AttnDownBlock2D",), "up_block_types": ("AttnUpBlock2D",), "attention_head_dim": 4}
    DDPMPipeline(unet(**attention), DDPMScheduler()).save_pretrained(tmp_path / "model")
    config = LoraConfig(r=2, lora_alpha=6, target_modules=["to_q", "to_v", "conv1"], init_lora_weights=False, use_dora=directions)
    changed = get_peft_model(unet(**attention), config)
    changed.save_pretrained(tmp_path / "lora")
    model, x = load_pipeline(tmp_path / "model", lora=tmp_path / "lora"), torch.randn(2, 1, 8, 8)
    assert torch.allclose(model.denoiser.predict_noise(x, 30), changed.eval()(x, 30).sample, atol=1e-5)
    assert tmp_path / "lora" / "adapter_config.json" in model.files
    assert torch.allclose(model.reference.denoiser.predict_noise(x, 30), unet(**attention)(x, 30).sample, atol=1e-5)


@torch.no_grad()
def test_a_flow_models_transformer_is_changed(tmp_path, clip, t5, vae, same_as, with_lora):
    sizes = {"num_layers": 1, "num_single_layers": 1, "attention_head_dim": 16, "num_attention_heads": 2, "in_channels": 16}
    sizes |= {"joint_attention_dim": 32, "pooled_projection_dim": 16, "axes_dims_rope": (4, 4, 8)}
    network = FluxTransformer2DModel(**sizes).eval()
    pipeline = FluxPipeline(FlowMatchEulerDiscreteScheduler(shift=1.0), vae(shift_factor=0.2), *clip, *t5, network)
    pipeline.save_pretrained(tmp_path / "model")
    low = with_lora(network, targets=["to_q", "proj_out"])
    network.delete_adapters("default")
    pipeline.save_lora_weights(tmp_path / "lora", low)
    pipeline.load_lora_weights(tmp_path / "lora")
    model = load_pipeline(tmp_path / "model", lora=tmp_path / "lora", size=16)
    called = {"height": 16, "width": 16, "num_inference_steps": 2, "sigmas": [0.7, 0.2]}
    same_as(model, ["a"], pipeline, "transformer", lambda time: 1000 * time, **called)


def test_it_may_lie_in_the_models_own_folder_once_it_is_named(tmp_path, fresh, with_lora):
    folder, pipeline = fresh
    low = with_lora(pipeline.unet)
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    pipeline.save_lora_weights(tmp_path, low)
    with pytest.raises(ValueError, match="this folder also has a LoRA"):
        load_pipeline(tmp_path)
    model = load_pipeline(tmp_path, lora=tmp_path / "pytorch_lora_weights.safetensors")
    assert model.unread == []


# What is refused


@pytest.fixture
def saved_lora(tmp_path, fresh, with_lora):
    """saved_lora(change): a file whose tensors were changed, and the model's folder."""
    folder, pipeline = fresh
    low = {f"unet.{name}": tensor for name, tensor in with_lora(pipeline.unet).items()}

    def save(change):
        save_file({name: tensor.contiguous() for name, tensor in change(low).items()}, tmp_path / "lora.safetensors")
        return folder, tmp_path / "lora.safetensors"

    return save


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda low: {name.replace("attn1", "attn7"): value for name, value in low.items()},
         "made for another base: .* are not in"),
        (lambda low: {name: torch.cat([value, value], -1) if "lora_A" in name else value for name, value in low.items()},
         r"made for another base: unet\..* is 8 x \d+ here, and 8 x \d+ there"),
        (lambda low: {name: value for name, value in low.items() if "lora_B" in name}, "has only one of its two"),
        (lambda low: {name: value * torch.inf for name, value in low.items()}, "holds NaN or infinite values"),
        (lambda low: {name: value * 0 for name, value in low.items()}, "all its low-rank weights are zeros"),
        (lambda low: {name.replace("unet.", "text_encoder_2."): value for name, value in low.items()},
         "changes text_encoder_2, which a StableDiffusionPipeline here does not have"),
        (lambda low: {"conv_in.weight": torch.zeros(2)}, "is no LoRA: no tensor has low-rank weights"),
        (lambda low: {name.replace("lora_A", "lora_hada_w1"): value for name, value in low.items()}, "no low-rank weight"),
    ],
)  # fmt: skip
def test_a_lora_that_does_not_fit_is_refused_in_one_line(saved_lora, change, message):
    folder, file = saved_lora(change)
    with pytest.raises(ValueError, match=message) as error:
        load_pipeline(folder, lora=file)
    assert len(str(error.value).splitlines()) == 1


def test_no_such_file_is_named(tmp_path, told):
    with pytest.raises(FileNotFoundError, match=r"no LoRA at .*missing"):
        load_pipeline(told[0], lora=tmp_path / "missing")
    with pytest.raises(FileNotFoundError, match=r"no LoRA in .*it has no .safetensors file"):
        load_pipeline(told[0], lora=tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}.safetensors").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match=r"2 files that could be the LoRA \(a.safetensors, b.safetensors\); name one"):
        load_pipeline(told[0], lora=tmp_path)


def test_another_method_of_peft_is_named(tmp_path, told):
    save_file({"lora.weight": torch.ones(1)}, tmp_path / "adapter_model.safetensors")
    (tmp_path / "adapter_config.json").write_text(json.dumps({"peft_type": "LOHA"}))
    with pytest.raises(ValueError, match="is a LOHA, and only LoRA is understood"):
        load_pipeline(told[0], lora=tmp_path)


def test_a_pickle_is_not_read(tmp_path, told):
    torch.save({"lora": torch.ones(1)}, tmp_path / "lora.safetensors")
    with pytest.raises(ValueError, match="is a pickle by its content"):
        load_pipeline(told[0], lora=tmp_path / "lora.safetensors")


def test_files_are_what_they_were(saved_lora):
    folder, file = saved_lora(dict)
    before = load_file(file)
    load_pipeline(folder, lora=file)
    after = load_file(file)
    assert all(torch.equal(before[name], after[name]) for name in before)
