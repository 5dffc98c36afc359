"""A component is of a class that an adapter names, its weights are whole and say something, and its settings are heeded."""

import importlib
import json
import shutil
import socket

import pytest
import torch
from diffusers import DDPMPipeline, DDPMScheduler
from safetensors.torch import load_file, save_file

from helpers.attacks import SimA
from helpers.models.pretrained import load_pipeline, parts
from helpers.models.pretrained.parts import refuse_settings

X = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
WEIGHTS = "unet/diffusion_pytorch_model.safetensors"


@pytest.fixture
def folder(tmp_path, unet):
    DDPMPipeline(unet(), DDPMScheduler()).save_pretrained(tmp_path)
    return tmp_path


def edit(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def edit_weights(path, change):
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, {"format": "pt"})


# Nothing runs


@pytest.fixture
def trap(monkeypatch):
    """Fails the test where anything but a known library is imported, or a host is asked for."""
    real = importlib.import_module

    def imported(name, package=None):
        assert name.split(".")[0] not in ("evil", "os", "builtins"), f"{name} was imported"
        return real(name, package)

    def connected(*address):
        raise AssertionError(f"{address} was asked")

    monkeypatch.setattr(importlib, "import_module", imported)
    monkeypatch.setattr(socket.socket, "connect", connected)


@pytest.mark.parametrize(
    ("component", "message"),
    [
        (["evil", "Evil"], r"names a component \['evil', 'Evil'\] as its unet; known are diffusers.UNet2DModel"),
        (["os", "system"], r"names a component \['os', 'system'\]"),
        (["diffusers", "UNet2DConditionModel"], "as its unet; known are"),
        (["diffusers", None], "as its unet"),
        (["diffusers.pipelines", "UNet2DModel"], "as its unet"),
        ([None, None], "names no unet"),
        ("UNet2DModel", "names no unet"),
        ({"a": 1}, "names no unet"),
    ],
)
def test_only_the_classes_of_an_adapter_are_ever_imported(folder, trap, component, message):
    (folder / "unet" / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")
    edit(folder / "model_index.json", unet=component)
    with pytest.raises(ValueError, match=message):
        load_pipeline(folder)
    assert not (folder / "ran").exists()


def test_a_component_that_the_pipeline_does_not_have_is_refused(folder, trap):
    edit(folder / "model_index.json", watermark=["evil", "Evil"])
    with pytest.raises(ValueError, match=r"a component 'watermark', \['evil', 'Evil'\], which a DDPMPipeline does not have"):
        load_pipeline(folder)
    edit(folder / "model_index.json", watermark=[None, None])
    load_pipeline(folder)


@pytest.mark.parametrize("file", ["unet/config.json", "scheduler/scheduler_config.json", "model_index.json"])
def test_code_that_a_config_names_is_not_run(folder, trap, file):
    (folder / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")
    before = load_pipeline(folder)
    edit(folder / file, auto_map={"AutoModel": "evil.Evil"}, custom_pipelines={"evil": {"pt": ["Evil"]}}, _name_or_path="x/y")
    with torch.no_grad():
        assert torch.equal(load_pipeline(folder).denoiser.predict_noise(X, 3), before.denoiser.predict_noise(X, 3))
    assert not (folder / "ran").exists()
    assert "evil.py" in load_pipeline(folder).unread


def test_a_text_encoders_code_is_not_run_and_its_adapter_not_fetched(told, tmp_path, trap):
    folder = shutil.copytree(told[0], tmp_path / "model")
    for place in ("text_encoder", "tokenizer"):
        (folder / place / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")
    edit(folder / "text_encoder" / "config.json", auto_map={"AutoModel": "evil.Evil"}, _attn_implementation="someone/kernel")
    edit(folder / "tokenizer" / "tokenizer_config.json", auto_map={"AutoTokenizer": ["evil.Evil", None]})
    (folder / "text_encoder" / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "someone/else"}))
    model, before = load_pipeline(folder), load_pipeline(told[0])
    z = torch.randn(1, 4, 8, 8)
    with torch.no_grad():
        assert torch.equal(model.told(["a"]).predict_noise(z, 3), before.told(["a"]).predict_noise(z, 3))
    assert not (folder / "ran").exists()
    assert "text_encoder/adapter_config.json" in model.unread


def test_a_pipeline_of_code_of_its_own_is_none_of_the_families(folder, trap):
    edit(folder / "model_index.json", _class_name=["evil", "EvilPipeline"])
    with pytest.raises(ValueError, match=r"is a \['evil', 'EvilPipeline'\] \(.*for which there is no adapter"):
        load_pipeline(folder)


def test_a_safety_checker_of_whatever_class_is_not_looked_at(told, tmp_path, trap):
    folder = shutil.copytree(told[0], tmp_path / "model")
    edit(folder / "model_index.json", safety_checker=["evil", "Evil"], feature_extractor=["evil", "Evil"])
    (folder / "safety_checker").mkdir()
    (folder / "safety_checker" / "pytorch_model.bin").write_bytes(b"x")
    assert load_pipeline(folder).unread == []


# Weights


def test_shards_are_read_as_one(folder, unet):
    whole = load_pipeline(folder).denoiser
    unet().save_pretrained(folder / "unet", max_shard_size="5KB")
    (folder / WEIGHTS).unlink(missing_ok=True)
    model = load_pipeline(folder)
    assert len([path for path in model.files if "-of-" in path.name]) > 1
    assert any(path.name.endswith(".index.json") for path in model.files)
    with torch.no_grad():
        assert torch.equal(model.denoiser.predict_noise(X, 3), whole.predict_noise(X, 3))


@pytest.mark.parametrize(("dtype", "name"), [(torch.float16, "float16"), (torch.bfloat16, "bfloat16")])
def test_half_precision_is_computed_in_single_and_named(folder, unet, dtype, name):
    unet().to(dtype).save_pretrained(folder / "unet", variant="fp16")
    model = load_pipeline(folder, variant="fp16")
    assert model.notes == ["unet: the weights are those of the variant fp16", f"unet: stored in {name}, computed in float32"]
    assert model.unread == [WEIGHTS]
    with torch.no_grad():
        expected = unet().to(dtype).float()(X, 3).sample
        assert torch.allclose(model.denoiser.predict_noise(X, 3), expected, atol=1e-6)
    (folder / WEIGHTS).unlink()
    assert load_pipeline(folder).notes == model.notes
    unet().save_pretrained(folder / "unet")


def test_a_variant_that_one_component_has_is_enough_and_one_that_none_has_is_refused(told, tmp_path):
    folder = shutil.copytree(told[0], tmp_path / "model")
    plain = folder / WEIGHTS
    shutil.copy(plain, plain.with_name("diffusion_pytorch_model.non_ema.safetensors"))
    assert load_pipeline(folder, variant="non_ema").notes == [
        "vae: the plain weights, since it has none of the variant non_ema",
        "unet: the weights are those of the variant non_ema",
        "text_encoder: the plain weights, since it has none of the variant non_ema",
    ]
    with pytest.raises(ValueError, match="no weights of the variant fp8 in"):
        load_pipeline(folder, variant="fp8")


def test_a_model_is_asked_in_the_precision_that_is_asked_for(folder, unet):
    model = load_pipeline(folder, dtype=torch.bfloat16)
    assert model.notes == ["unet: stored in float32, computed in bfloat16"]
    assert model.settings["dtype"] == "bfloat16"
    with torch.no_grad():
        noise = model.denoiser.predict_noise(X, 3)
        assert noise.dtype == torch.float32
        assert torch.allclose(noise, unet()(X, 3).sample, atol=0.05)
    assert SimA().score(model.denoiser, X.clamp(-1, 1)).isfinite().all()


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_weights_that_overflowed_are_refused_by_their_name(folder, value):
    edit_weights(folder / WEIGHTS, lambda tensors: tensors["conv_in.weight"].view(-1)[3].fill_(value))
    with pytest.raises(ValueError, match=r"unet: conv_in.weight holds NaN or infinite values"):
        load_pipeline(folder)


def test_a_network_that_says_nothing_is_refused(folder):
    edit_weights(folder / WEIGHTS, lambda tensors: [tensors[f"conv_out.{end}"].zero_() for end in ("weight", "bias")])
    with pytest.raises(ValueError, match="unet: its last layer, conv_out, is all zeros"):
        load_pipeline(folder)


def test_an_encoder_that_says_nothing_is_refused(told, tmp_path):
    folder = shutil.copytree(told[0], tmp_path / "model")
    edit_weights(
        folder / "vae" / "diffusion_pytorch_model.safetensors",
        lambda tensors: [tensors[f"encoder.conv_out.{end}"].zero_() for end in ("weight", "bias")],
    )
    with pytest.raises(ValueError, match="vae: two images of noise have the same latents"):
        load_pipeline(folder)


def test_weights_that_lack_a_tensor_are_not_made_up(folder):
    edit_weights(folder / WEIGHTS, lambda tensors: tensors.pop("conv_in.weight"))
    with pytest.raises(ValueError, match=r"unet: its weights lack 1 tensors, conv_in.weight first"):
        load_pipeline(folder)


def test_tensors_of_another_shape_are_refused(folder):
    edit(folder / "unet" / "config.json", in_channels=3)
    with pytest.raises(ValueError, match=r"cannot be loaded as a DDPMPipeline: .*conv_in"):
        load_pipeline(folder)


def test_tensors_of_no_layer_are_named(folder):
    edit_weights(folder / WEIGHTS, lambda tensors: tensors.update({"extra.weight": torch.ones(1)}))
    assert load_pipeline(folder).notes == ["unet: 1 tensors of its weights belong to no layer, extra.weight first; not used"]


# Configs


def test_a_setting_that_a_class_does_not_know_is_named(folder):
    edit(folder / "unet" / "config.json", new_layer="yes", other=None)
    assert load_pipeline(folder).notes == ["unet: UNet2DModel does not know the settings new_layer; they have no effect"]


def test_a_setting_of_the_pipeline_that_is_not_known_is_named(folder):
    edit(folder / "model_index.json", is_distilled=True)
    assert load_pipeline(folder).notes == ["its model_index.json sets is_distilled, which this program does not know"]


def test_a_config_of_another_class_is_refused(folder):
    edit(folder / "unet" / "config.json", _class_name="UNet1DModel")
    with pytest.raises(ValueError, match="is the config of a UNet1DModel; known as a unet are UNet2DModel"):
        load_pipeline(folder)


def test_a_quantised_network_is_refused(folder):
    edit(folder / "unet" / "config.json", quantization_config={"quant_method": "bitsandbytes"})
    with pytest.raises(ValueError, match="has a quantization_config"):
        load_pipeline(folder)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("prediction_type", "image", "prediction_type must be one of epsilon, sample, v_prediction, got 'image'"),
        ("beta_schedule", "mine", "cannot be loaded as a DDPMPipeline: mine"),
        ("num_train_timesteps", "many", "cannot be loaded as a DDPMPipeline"),
        ("num_train_timesteps", 10**12, "1,000,000,000,000 timesteps are more than 1,000,000"),
    ],
)
def test_settings_of_a_schedule_that_make_no_sense_are_one_line(folder, setting, value, message):
    edit(folder / "scheduler" / "scheduler_config.json", **{setting: value})
    with pytest.raises(ValueError, match=message) as error:
        load_pipeline(folder)
    assert "\n" not in str(error.value)


def test_continuous_timesteps_are_refused(folder):
    edit(folder / "scheduler" / "scheduler_config.json", _class_name="EulerDiscreteScheduler", timestep_type="continuous")
    edit(folder / "model_index.json", scheduler=["diffusers", "EulerDiscreteScheduler"])
    with pytest.raises(ValueError, match="EulerDiscreteScheduler has timestep_type 'continuous'; only 'discrete'"):
        load_pipeline(folder)


@pytest.mark.parametrize("name", ["unet", "scheduler"])
def test_a_component_without_its_folder_is_named(folder, name):
    (folder / name).rename(folder / "elsewhere")
    with pytest.raises(FileNotFoundError, match=rf"no folder .*{name}, which its model_index.json names; .*base= \(--base\)"):
        load_pipeline(folder)


def test_a_setting_that_an_adapter_does_not_heed_is_refused():
    config = {"class_embed_type": "timestep", "addition_embed_type": None}
    refuse_settings("unet", config, addition_embed_type=None, absent=3)
    with pytest.raises(ValueError, match="unet: its setting class_embed_type is 'timestep', and only None is understood here"):
        refuse_settings("unet", config, class_embed_type=None)


def test_a_tokenizer_that_needs_sentencepiece_says_so(tmp_path, told, monkeypatch):
    folder = tmp_path / "model"
    shutil.copytree(told[0], folder)
    for file in (folder / "tokenizer").iterdir():
        file.unlink()
    (folder / "tokenizer" / "spiece.model").write_bytes(b"")
    monkeypatch.setattr(parts, "find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"tokenizer: spiece\.model is .*pip install sentencepiece"):
        load_pipeline(folder)
