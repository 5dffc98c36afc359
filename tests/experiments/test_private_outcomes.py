"""Private runs of a kind are read together: what they claim, what they give away, and which ε that refutes."""

import numpy as np
import pytest

from helpers.evaluation.privacy_region import allowed_tpr
from helpers.evaluation.row import Row
from helpers.experiments.outcomes import Outcome, save_outcome
from helpers.experiments.private_outcomes import ATTACKS, PrivateRuns
from helpers.training.canaries import CanaryRecipe
from helpers.training.private_recipes import PRIVATE

KINDS = {"clip-only": 6.0, "noise-16": 0.0, "canaries-no-noise": 6.0, "canaries-honest": 0.0}  # by how much members are ahead
STEPS = (100, 200, 300, 400, 500, 600)


def outcome(recipe, ahead):
    rng = np.random.default_rng(recipe.seed)
    n, m = (150, recipe.canaries - 150) if isinstance(recipe, CanaryRecipe) else (600, 600)
    rows = {key: Row(rng.normal(ahead, 1, n), rng.normal(0, 1, m), 50, 1) for key in ATTACKS.values()}
    quality = {}
    for i, step in enumerate(STEPS):
        quality |= {f"AUC of SimA.{step}": 0.5 + 0.05 * i, f"TPR of SimA.{step}": 0.01 * i + recipe.seed / 1000}
        quality |= {f"frechet.{step}": 16 / 2**i * (1 + recipe.seed / 10)}
    return Outcome({"experiment": recipe.to_json(), "failed": ""}, rows, quality)


@pytest.fixture
def folder(tmp_path):
    for (kind, _), recipe in PRIVATE.items():
        if kind in KINDS:
            save_outcome(recipe.name, outcome(recipe, KINDS[kind]), tmp_path)
    return tmp_path


def test_a_checkpoint_has_what_was_claimed_and_what_that_allows(folder):
    runs = PrivateRuns("noise-16", folder)
    along = runs.along()
    assert along["step"].tolist() == runs.steps == list(STEPS)
    assert along["epsilon"].is_monotonic_increasing
    assert along["epsilon"].iloc[-1] == runs.epsilon() == PRIVATE["noise-16", 0].claimed_epsilon(600)
    assert along["allowed"].iloc[-1] == pytest.approx(float(allowed_tpr(0.01, runs.epsilon(), runs.delta)))
    last = along["TPR at 1% FPR"].iloc[-1]
    assert last.low < last < last.high
    assert runs.estimate("TPR at 1% FPR") == last
    assert float(last) == pytest.approx(np.mean([0.05, 0.051, 0.052]))


def test_a_run_that_only_clips_claims_nothing_and_allows_everything(folder):
    runs = PrivateRuns("clip-only", folder)
    assert runs.epsilon() == np.inf
    assert set(runs.along()["allowed"]) == {1.0}


@pytest.mark.parametrize(("kind", "most"), [("clip-only", 4.4), ("canaries-no-noise", 3.6)])
def test_members_that_are_far_ahead_refute_a_small_epsilon_in_every_run(folder, kind, most):
    refuted = PrivateRuns(kind, folder).refuted()
    assert len(refuted) == 3
    assert 2 < min(refuted) <= max(refuted) < most


@pytest.mark.parametrize("kind", ["noise-16", "canaries-honest"])
def test_members_that_are_not_ahead_refute_nothing(folder, kind):
    assert max(PrivateRuns(kind, folder).refuted("loss")) < 0.5


def test_what_there_is_not_is_said(folder):
    with pytest.raises(ValueError, match=r"no private runs of 'quiet'; there are clip-only, noise-0\.5, "):
        PrivateRuns("quiet", folder).steps  # noqa: B018
    with pytest.raises(ValueError, match="attack must be one of SimA, loss, got 'PIA'"):
        PrivateRuns("clip-only", folder).rows("PIA")
    with pytest.raises(FileNotFoundError, match="run `python -m helpers maintain private private-noise-1-seed-0`"):
        PrivateRuns("noise-1", folder).along()
