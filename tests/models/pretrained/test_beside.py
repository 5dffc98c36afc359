"""What lies beside a model and was not read is named, and what makes another model of it is refused."""

import pytest
import torch
from diffusers import DDPMPipeline, DDPMScheduler
from safetensors.torch import save_file

from helpers.models.pretrained import load_pipeline

LEFT_BY_TRAINING = (
    "checkpoint-500/optimizer.bin", "checkpoint-500/random_states_0.pkl", "checkpoint-500/unet/diffusion_pytorch_model.bin",
    "logs/ema.pth", "optimizer.pt", "training_args.bin", "unet/diffusion_pytorch_model.non_ema.safetensors", "unet/evil.py",
)  # fmt: skip
HARMLESS = ("README.md", "samples/0001.png", "logs/events.out.tfevents.1", ".git/config", ".cache/x.bin", "LICENSE")


@pytest.fixture
def folder(tmp_path, unet):
    DDPMPipeline(unet(), DDPMScheduler()).save_pretrained(tmp_path)
    return tmp_path


def put(folder, names, content=b"{}"):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def test_what_training_leaves_refuses_no_model_and_is_named(folder):
    before = load_pipeline(folder).unread
    put(folder, LEFT_BY_TRAINING + HARMLESS)
    assert before == []
    assert load_pipeline(folder).unread == sorted(LEFT_BY_TRAINING)


def test_files_that_were_read_are_those_of_the_components(folder):
    names = [path.relative_to(folder).as_posix() for path in load_pipeline(folder).files]
    assert names == [
        "scheduler/scheduler_config.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "tensors"),
    [
        ("pytorch_lora_weights.safetensors", {"unet.lora_A.weight": torch.ones(1)}),
        ("unet/pytorch_lora_weights.safetensors", {"lora_A": torch.ones(1)}),
        ("checkpoint-9/pytorch_lora_weights.safetensors", {"lora_A": torch.ones(1)}),
        ("style.safetensors", {"lora_unet_down_blocks_0.lora_down.weight": torch.ones(1)}),
        ("learned_embeds.safetensors", {"<cat>": torch.ones(1)}),
        ("cat-toy.safetensors", {"<cat-toy>": torch.ones(1)}),
        ("pytorch_lora_weights.bin", None),
        ("learned_embeds-steps-500.bin", None),
    ],
)
def test_a_lora_or_learned_embeddings_are_refused_unless_somebody_says_so(folder, name, tensors):
    if tensors:
        save_file(tensors, folder / name) if (folder / name).parent.exists() else put(folder, [name])
    else:
        put(folder, [name])
    with pytest.raises(ValueError, match=rf"also has a LoRA or learned embeddings, {name}; pass lora= \(--lora PATH\)"):
        load_pipeline(folder)
    assert load_pipeline(folder, ignore_lora=True).unread == [name]


def test_other_tensors_are_no_adapter(folder):
    save_file({"weight": torch.ones(1)}, folder / "old.safetensors")
    put(folder, ["broken.safetensors"], b"x")
    assert load_pipeline(folder).unread == ["broken.safetensors", "old.safetensors"]


def test_a_link_that_leads_nowhere_is_named(folder):
    (folder / "vae.safetensors").symlink_to(folder / "gone")
    assert load_pipeline(folder).unread == ["vae.safetensors"]


def test_a_loras_name_that_does_not_fit_on_a_line_is_one_of_several(folder):
    put(folder, [f"lora_{i}.safetensors" for i in range(5)])
    with pytest.raises(ValueError, match=r"lora_2.safetensors and 2 more; pass"):
        load_pipeline(folder)
