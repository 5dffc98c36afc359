"""The LoRA of the book was trained on images that its base never saw."""

import torch

from helpers.data.catalogue import load_digits
from helpers.data.splits import image_keys
from helpers.training.lora import LORA_FILE
from helpers.zoo.lora_models import LORA_DIGITS, lora_split, make_lora


def test_its_images_are_new_to_the_base_and_apart_from_the_others():
    inside, outside = (set(image_keys(images)) for images in lora_split())
    assert not inside & outside
    assert not (inside | outside) & set(image_keys(load_digits().members))


def test_it_is_made_anew_as_it_was_made(tmp_path):
    from safetensors.torch import load_file

    new, committed = load_file(make_lora(tmp_path, steps=1)), load_file(LORA_DIGITS / LORA_FILE)
    assert {name: value.shape for name, value in new.items()} == {name: value.shape for name, value in committed.items()}
    assert all(torch.isfinite(value).all() for value in committed.values())
