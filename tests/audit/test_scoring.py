"""Scores come in the order of the images, also after an interruption."""

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from helpers.attacks import SimA, registry
from helpers.attacks.registered import Registered
from helpers.audit import scoring
from helpers.audit.scoring import Asking, score_batches
from helpers.data.folders import read_folder
from helpers.models.pretrained import load_pipeline

pytestmark = pytest.mark.slow


def test_scores_in_half_precision_are_nearly_those_in_full(tiny_disk):
    scores = []
    for precision in ("no", "bf16"):
        accelerator = Accelerator(cpu=True, mixed_precision=precision)
        denoiser, images = load_pipeline(tiny_disk / "model").denoiser, read_folder(tiny_disk / "images", (1, 8, 8), False).images
        scores.append(score_batches(lambda start, x, d=denoiser: SimA().score(d, x), images, 8, accelerator))
        AcceleratorState._reset_state(reset_partial_state=True)
    assert not np.array_equal(*scores)
    assert np.allclose(*scores, rtol=0.05)


def test_scores_come_in_the_order_of_the_images():
    scores = score_batches(lambda start, x: x[:, 0] + start, torch.zeros(7, 1), 3, Accelerator())
    assert scores.tolist() == [0, 0, 0, 3, 3, 3, 6]


class Killed(BaseException):
    """What no code catches."""


asked = []  # how many images a mortal attack was asked about, batch by batch


class Mortal(SimA):
    """Is killed at its fourth batch, once."""

    def score(self, denoiser, x):
        if len(asked) == 3 and asked[-1]:
            asked.append(0)
            raise Killed
        asked.append(len(x))
        return super().score(denoiser, x)


@pytest.mark.parametrize("resume", [True, False])
def test_interrupted_scoring_goes_on_where_it_stood(tiny_disk, tmp_path, monkeypatch, resume):
    monkeypatch.setitem(registry.ATTACKS, "mortal", Registered(Mortal(), command="mortal"))
    asked.clear()
    asking = Asking("mortal", 50, 4)
    arguments = tiny_disk / "model", tiny_disk / "images", asking, tmp_path / "scores.csv"
    with pytest.raises(Killed):
        scoring.score_folder(*arguments, every=0)
    found = scoring.score_folder(*arguments, resume, every=0)
    assert asked == ([4] * 3 + [0] + [4] * 2 + [3] if resume else [4] * 3 + [0] + [4] * 5 + [3])
    assert [p.name for p in tmp_path.iterdir()] == ["scores.csv"]
    again = scoring.score_folder(*arguments[:-1])
    assert found["score"].tolist() == again["score"].tolist()


def test_a_seed_decides_the_noise_and_the_device_is_used(tiny_disk):
    first, same, other = (
        scoring.score_folder(tiny_disk / "model", tiny_disk / "images", Asking("loss", seed=s), device="cpu")["score"].tolist()
        for s in (0, 0, 1)
    )
    assert first == same != other


@pytest.mark.parametrize(
    ("asking", "message"),
    [
        ({"prompts": "captions"}, "the folder has no captions"),
        ({"timestep": 1000}, "below 1000"),
        ({"attack": "x"}, "attack must"),
    ],
)
def test_what_cannot_be_asked_is_refused(tiny_disk, asking, message):
    with pytest.raises(ValueError, match=message):
        scoring.score_folder(tiny_disk / "model", tiny_disk / "images", Asking(**asking))


def test_a_folder_where_the_scores_should_be_is_refused(tiny_disk, tmp_path):
    with pytest.raises(ValueError, match="is a folder; --output wants the name of a file"):
        scoring.score_folder(tiny_disk / "model", tiny_disk / "images", Asking(), tmp_path)
