"""A single file says what it holds, what it lacks, and what to do."""

import pytest
import torch
from safetensors.torch import save_file

from helpers.models.pretrained import load_pipeline

SD = ("model.diffusion_model.x", "first_stage_model.x", "cond_stage_model.x")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (SD, "3 tensors: the network that denoises, the autoencoder and the text encoders; without the schedule and the "
             "settings. Make a folder of it with StableDiffusionPipeline.from_single_file"),
        (("double_blocks.0.x",), "1 tensors: the network that denoises; without the autoencoder, the text encoders, the schedule "
                                 "and the settings. Put it as diffusion_pytorch_model.safetensors beside its config.json"),
        (("encoder.x", "decoder.x"), "2 tensors: the autoencoder; without the network that denoises, the text encoders"),
        (("something",), "1 tensors: no part that is known; without"),
        (("unet.lora_A.x",), r"is a LoRA; name the model it belongs to, and this file with lora= \(--lora\)"),
    ],
)  # fmt: skip
def test_the_parts_of_a_model_are_told_by_the_names_of_its_tensors(tmp_path, names, message):
    path = tmp_path / "model.safetensors"
    save_file({name: torch.ones(1) for name in names}, path)
    with pytest.raises(ValueError, match=message):
        load_pipeline(path)


def test_one_alone_in_a_folder_is_told_as_well(tmp_path):
    save_file({name: torch.ones(1) for name in SD}, tmp_path / "v1-5.safetensors")
    with pytest.raises(ValueError, match="is a single file of 3 tensors"):
        load_pipeline(tmp_path)


@pytest.mark.parametrize("suffix", [".ckpt", ".pt", ".bin"])
def test_a_pickled_one_is_not_opened(tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(b"anything")
    with pytest.raises(ValueError, match="is a pickle, and reading it could run any code"):
        load_pipeline(path)


def test_a_file_that_is_none_of_weights_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ValueError, match="is damaged, or no file of weights"):
        load_pipeline(tmp_path / "notes.txt")
