"""Each run scores the same images, whatever its network, and an interrupted one goes on."""

import numpy as np
import pytest

from helpers.data.catalogue import load_digits
from helpers.experiments import which
from helpers.experiments.which import measure_which, scores_of_runs
from helpers.training.path_recipe import PathRecipe
from helpers.training.recipes import Recipe

SETTINGS = {"channels": (8, 8), "norm_groups": 2, "steps": 4, "batch_size": 4, "checkpoint_every": 2}
RECIPES = {"ddpm": Recipe("tiny", **SETTINGS), "flow": PathRecipe("tiny-flow", **SETTINGS)}


@pytest.fixture(scope="module")
def split():
    return load_digits(members=20, held_out=10)


@pytest.fixture(scope="module")
def outcomes(split):
    return {run: measure_which(recipe, split, progress=False) for run, recipe in RECIPES.items()}


def test_every_image_is_scored_at_every_timestep_by_every_run(outcomes):
    for outcome in outcomes.values():
        assert set(outcome.rows) == {("SimA at", t) for t in ("20", "50", "100")}
    members, held_out = (scores_of_runs(outcomes, 50, kind) for kind in ("members", "held_out"))
    assert [*members] == ["ddpm", "flow"]
    assert {scores.shape for scores in members.values()} == {(20,)}
    assert {scores.shape for scores in held_out.values()} == {(10,)}
    assert not np.allclose(members["ddpm"], members["flow"])


def test_an_interrupted_run_goes_on(split, outcomes, tmp_path, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(which, "sima_rows", interrupted)
        with pytest.raises(KeyboardInterrupt):
            measure_which(RECIPES["ddpm"], split, tmp_path, progress=False)
    monkeypatch.setattr("helpers.training.denoiser._training_step", interrupted)  # all steps are behind it
    resumed = measure_which(RECIPES["ddpm"], split, tmp_path, progress=False)
    for key, row in resumed.rows.items():
        assert row.members == pytest.approx(outcomes["ddpm"].rows[key].members, rel=1e-4)
