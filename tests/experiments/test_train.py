"""A threat model names the images of an autoencoder, and weights are rounded as they will be kept."""

import pytest
import torch

from helpers.data.catalogue import load_fashion
from helpers.experiments import train
from helpers.models.autoencoders import AutoencoderRecipe

pytestmark = pytest.mark.slow


def test_a_threat_model_says_what_the_autoencoder_trains_on():
    split = load_fashion(0, members=40, held_out=40, size=8)
    for subset, parts in (
        ("auxiliary", [split.auxiliary]),
        ("members", [split.members]),
        ("both", [split.members, split.auxiliary]),
    ):
        assert torch.equal(train.threat_images(AutoencoderRecipe("tiny", subset=subset), split), torch.cat(parts))


def test_half_precision_rounds_each_weight_once():
    network = torch.nn.Linear(3, 3)
    before = network.weight.detach().clone()
    train.round_to_half(network)
    assert network.weight.dtype == torch.float32
    assert torch.equal(network.weight, before.half().float())
