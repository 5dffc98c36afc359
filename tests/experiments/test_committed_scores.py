"""The scores that come with the book give the figures that they always gave, whatever is moved around them."""

import json
from pathlib import Path

import pytest

from helpers.evaluation.metrics import evaluate
from helpers.experiments.league import LEAGUE_MODELS, play
from helpers.experiments.outcomes import load_outcome

# Of version 0.1.0: [AUC, TPR at 1% FPR, timestep, queries] in the league, [AUC, timestep] of an experiment's attack.
BEFORE = json.loads((Path(__file__).parent / "committed_figures.json").read_text())


def refuse(*arguments):
    raise AssertionError("a score that comes with the book was to be computed anew")


@pytest.mark.slow
@pytest.mark.parametrize("model", LEAGUE_MODELS)
def test_the_leagues_figures_are_those_of_before(model):
    rows = play([model], progress=False, meet=refuse).rows
    assert {attack for _, attack in rows} == set(BEFORE["league"][model])
    for attack, (auc, tpr, timestep, queries) in BEFORE["league"][model].items():
        row = rows[model, attack]
        report = evaluate(row.members, row.held_out, bootstrap=0)
        assert [report.auc, report.tpr_at_fpr(0.01)] == pytest.approx([auc, tpr], abs=1e-4)
        assert (row.timestep, row.queries) == (timestep, queries)


@pytest.mark.parametrize("name", BEFORE["experiments"])
def test_an_experiments_figures_are_those_of_before(name):
    outcome, before = load_outcome(name), BEFORE["experiments"][name]
    assert outcome.quality == pytest.approx(before["quality"], rel=1e-4)
    assert {", ".join(key) for key in outcome.rows} == set(before["rows"])
    for (attack, latents), row in outcome.rows.items():
        auc, timestep = before["rows"][f"{attack}, {latents}"]
        assert evaluate(row.members, row.held_out, bootstrap=0).auc == pytest.approx(auc, abs=1e-4)
        assert row.timestep == timestep
