"""What lies in a folder is found, or said in one line with what to do."""

import json
import shutil

import pytest
import torch
from diffusers import DDIMScheduler, DDPMPipeline, DDPMScheduler

from helpers.attacks import SimA
from helpers.models.pretrained import FAMILIES, load_pipeline
from helpers.models.pretrained.open import WRAP
from helpers.models.schedule import linear_scheduler

SCHEDULES = ("linear", "scaled_linear", "squaredcos_cap_v2")
X = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def folder(tmp_path, unet):
    DDPMPipeline(unet(), DDPMScheduler()).save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def other(unet):
    """A network of the same kind with other weights."""
    network = unet()
    with torch.no_grad():
        network.conv_in.weight.mul_(2)
    return network


@pytest.mark.parametrize("schedule", SCHEDULES)
@torch.no_grad()
def test_a_saved_pipeline_is_read_with_its_own_schedule(tmp_path, unet, schedule):
    scheduler = DDPMScheduler(500, beta_schedule=schedule, prediction_type="v_prediction")
    DDPMPipeline(unet(), scheduler).save_pretrained(tmp_path)
    model = load_pipeline(tmp_path)
    assert model.kind == "DDPMPipeline"
    assert model.image_shape == (1, 8, 8)
    assert torch.allclose(model.denoiser.alphas_cumprod, scheduler.alphas_cumprod.double())
    a = scheduler.alphas_cumprod[30]
    expected = a.sqrt() * unet()(X, 30).sample + (1 - a).sqrt() * X
    assert torch.allclose(model.denoiser.predict_noise(X, 30), expected, atol=1e-5)


@torch.no_grad()
def test_a_bare_network_and_its_scheduler_are_enough(tmp_path, unet):
    unet().save_pretrained(tmp_path / "unet")
    DDIMScheduler(beta_schedule="squaredcos_cap_v2").save_pretrained(tmp_path / "scheduler")
    model = load_pipeline(tmp_path)
    assert model.kind == "UNet + scheduler"
    assert torch.allclose(model.denoiser.predict_noise(X, 30), unet()(X, 30).sample, atol=1e-6)


# Parts of a model, and where the rest is


@torch.no_grad()
def test_a_checkpoint_of_a_training_run_takes_the_rest_from_its_base(folder, unet):
    checkpoint = folder / "checkpoint-500"
    other(unet).save_pretrained(checkpoint / "unet")
    unet().save_pretrained(checkpoint / "unet_ema")
    (checkpoint / "optimizer.bin").write_bytes(b"x")
    model = load_pipeline(checkpoint, base=folder)
    assert torch.allclose(model.denoiser.predict_noise(X, 30), other(unet)(X, 30).sample, atol=1e-6)
    assert model.notes == [
        f"unet: not the averaged weights of unet_ema; name {checkpoint / 'unet_ema'} itself to ask about those",
        f"scheduler: the base's, from {folder / 'scheduler'}",
    ]
    assert [path.relative_to(folder).as_posix() for path in model.files] == [
        "checkpoint-500/unet/config.json",
        "checkpoint-500/unet/diffusion_pytorch_model.safetensors",
        "scheduler/scheduler_config.json",
    ]  # fmt: skip
    assert model.unread == [
        "optimizer.bin", "unet_ema/config.json", "unet_ema/diffusion_pytorch_model.safetensors"
    ]  # fmt: skip


@torch.no_grad()
def test_averaged_weights_are_named_by_themselves_or_where_there_are_no_others(folder, unet):
    other(unet).save_pretrained(folder / "checkpoint-1" / "unet_ema")
    for path in (folder / "checkpoint-1" / "unet_ema", folder / "checkpoint-1"):
        model = load_pipeline(path, base=folder)
        assert torch.allclose(model.denoiser.predict_noise(X, 30), other(unet)(X, 30).sample, atol=1e-6)
        assert "unet: the averaged weights, from unet_ema" in model.notes


def test_a_pipeline_that_lacks_a_component_takes_it_from_the_base(folder, tmp_path, unet):
    part = shutil.copytree(folder, tmp_path / "part")
    shutil.rmtree(part / "scheduler")
    with pytest.raises(FileNotFoundError, match=r"no folder .*scheduler, .*; name a model that has it with base= \(--base\)"):
        load_pipeline(part)
    assert load_pipeline(part, base=folder).notes == [f"scheduler: the base's, from {folder / 'scheduler'}"]
    shutil.rmtree(folder / "scheduler")
    with pytest.raises(FileNotFoundError, match=f"; {folder} has none, either"):
        load_pipeline(part, base=folder)


def test_a_base_of_another_kind_is_named(told, tmp_path, unet):
    unet().save_pretrained(tmp_path / "network")
    with pytest.raises(FileNotFoundError, match=r"no part of a StableDiffusionPipeline in .*: looked for scheduler, text_enc"):
        load_pipeline(tmp_path / "network", base=told[0])


# What is not there


def test_a_place_that_does_not_exist_is_not_looked_for_elsewhere():
    with pytest.raises(FileNotFoundError, match="no model at google/ddpm-cat-256: no such folder; nothing is fetched"):
        load_pipeline("google/ddpm-cat-256")


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"it has neither model_index\.json nor unet and scheduler$"):
        load_pipeline(tmp_path)


def test_what_lies_there_instead_is_named_with_what_to_do(tmp_path, unet, folder):
    unet().save_pretrained(tmp_path / "alone")
    unet().save_pretrained(tmp_path / "run" / "checkpoint-7" / "unet")
    (tmp_path / "hub" / "snapshots").mkdir(parents=True)
    shutil.copytree(folder, tmp_path / "hub" / "snapshots" / "abc")
    (tmp_path / "lora").mkdir()
    (tmp_path / "lora" / "pytorch_lora_weights.safetensors").write_bytes(b"x")
    for place, message in {
        "alone": r"it is a UNet2DModel alone: name the model that has the rest with base= \(--base\)",
        "run": r"it has checkpoints of a training run: name one, .*checkpoint-7, and its base with base= \(--base\)",
        "run/checkpoint-7": r"it has unet: name the model that has the rest with base= \(--base\)",
        "hub": r"it is a copy of the hub's: name .*snapshots/abc",
        "lora": r"it has a LoRA, pytorch_lora_weights.safetensors: name the model it belongs to, and this with lora= \(--lora\)",
    }.items():
        with pytest.raises(FileNotFoundError, match=message):
            load_pipeline(tmp_path / place)


def test_a_family_without_an_adapter_is_named_with_its_classes_and_how_to_go_on(tmp_path):
    index = {"_class_name": "KandinskyPipeline", "movq": ["diffusers", "VQModel"], "unet": ["diffusers", "UNet2DConditionModel"]}
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="for which there is no adapter") as error:
        load_pipeline(tmp_path)
    said = str(error.value)
    assert "a KandinskyPipeline (movq diffusers.VQModel, unet diffusers.UNet2DConditionModel)" in said
    assert all(name in said for family in FAMILIES for name in family.pipelines)
    assert said.endswith(WRAP)


def test_the_ten_lines_do_what_they_say(unet):
    network = unet()
    lines = WRAP.replace("alphas_cumprod = ...", "alphas_cumprod = alphas").replace("network(x, t)", "network(x, t).sample")
    images = X.clamp(-1, 1)
    scope = {"network": network, "alphas": linear_scheduler().alphas_cumprod, "images": images}
    code = "\n".join(line[4:] for line in lines.splitlines())
    exec("import helpers.attacks\n" + code, scope)
    expected = SimA(timestep=50).score(scope["MyDenoiser"](), images)
    assert torch.equal(scope["scores"], expected)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"_class_name": 3}'])
def test_an_index_that_is_none_is_one_line(folder, content):
    (folder / "model_index.json").write_text(content)
    with pytest.raises(ValueError, match=r"is no valid JSON|holds a list|does not say of which class|no adapter"):
        load_pipeline(folder)


def test_a_config_that_names_no_class_is_refused(tmp_path, unet):
    unet().save_pretrained(tmp_path / "unet")
    DDIMScheduler().save_pretrained(tmp_path / "scheduler")
    (tmp_path / "unet" / "config.json").write_text("{}")
    with pytest.raises(ValueError, match="does not say of which class it is"):
        load_pipeline(tmp_path)


# What a model was made from


@torch.no_grad()
def test_a_fine_tune_has_its_base_as_reference(tmp_path, unet):
    DDPMPipeline(unet(), DDPMScheduler()).save_pretrained(tmp_path / "base")
    tuned = unet()
    torch.nn.init.normal_(tuned.conv_out.weight)
    DDPMPipeline(tuned, DDPMScheduler()).save_pretrained(tmp_path / "tuned")
    model = load_pipeline(tmp_path / "tuned", base=tmp_path / "base", size=16)
    x = torch.randn(2, 1, 16, 16)
    assert torch.allclose(model.denoiser.predict_noise(x, 5), tuned.eval()(x, 5).sample, atol=1e-5)
    assert torch.allclose(model.reference.denoiser.predict_noise(x, 5), unet()(x, 5).sample, atol=1e-5)
    assert load_pipeline(tmp_path / "tuned").reference is None


def test_a_base_of_other_images_is_refused(tmp_path, unet):
    DDPMPipeline(unet(channels=3), DDPMScheduler()).save_pretrained(tmp_path / "base")
    DDPMPipeline(unet(), DDPMScheduler()).save_pretrained(tmp_path / "tuned")
    with pytest.raises(ValueError, match=r"base is no base of this model: its images are \(3, 8, 8\), here \(1, 8, 8\)"):
        load_pipeline(tmp_path / "tuned", base=tmp_path / "base")


def test_a_base_with_another_schedule_is_said(tmp_path, unet):
    DDPMPipeline(unet(), DDPMScheduler(beta_schedule="squaredcos_cap_v2")).save_pretrained(tmp_path / "base")
    DDPMPipeline(unet(), DDPMScheduler()).save_pretrained(tmp_path / "tuned")
    notes = load_pipeline(tmp_path / "tuned", base=tmp_path / "base").notes
    assert any("the noise schedule of the base is another one" in note for note in notes)
