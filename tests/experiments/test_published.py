"""A published ordering is held against a league: it holds, is reversed, or stays open."""

import numpy as np
import pytest

from helpers.evaluation.metrics import METRICS
from helpers.evaluation.results import League, Row
from helpers.experiments.published import CLAIMS, FIGURES, Claim, check_claims
from helpers.training.paper_recipes import PAPER_RECIPES


def league():
    rng = np.random.default_rng(0)
    held_out, base = rng.normal(size=100), rng.normal(size=100)
    strengths = {"strong": 3.0, "weak": 0.5, "twin": 0.5}
    rows = {("model", name): Row(base + s, held_out, None, 1) for name, s in strengths.items()}
    rows["model", "twin"] = Row(base + 0.5, held_out.copy(), None, 1)
    return League(rows)


def test_a_claim_holds_is_reversed_or_undecided():
    claims = tuple(Claim(a, b, "AUC", "here") for a, b in (("strong", "weak"), ("weak", "strong"), ("weak", "twin")))
    cells = check_claims(league(), claims)["model"].tolist()
    assert [cell.split()[0] for cell in cells] == ["holds", "reversed", "undecided"]
    assert cells[2] == "undecided (+0.00)"


def test_every_claim_names_a_source_and_a_metric_of_the_book():
    assert all(claim.source and claim.metric in METRICS and claim.better != claim.worse for claim in CLAIMS)


def test_a_claim_about_an_unknown_attack_is_refused():
    with pytest.raises(ValueError, match="attacks must be among strong, weak, twin, got nothing"):
        check_claims(league(), (Claim("nothing", "weak", "AUC", "here"),))


def test_every_figure_is_a_rate_of_a_metric_and_a_recipe_of_the_book():
    assert FIGURES["published"].between(0.2, 1).all()
    assert set(FIGURES["metric"]) <= set(METRICS)
    assert {name.lower().replace("-", "") for name in FIGURES["data set"]} <= {name.replace("-", "") for name in PAPER_RECIPES}
    assert not FIGURES.duplicated(["data set", "metric", "where"]).any()
