"""A published ordering is held against a league: it holds, is reversed, or stays open."""

import numpy as np
import pytest

from helpers.evaluation.metrics import METRICS
from helpers.evaluation.results import League, Row
from helpers.experiments.published import CLAIMS, FIGURES, Claim, check_claims, claims_table
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
    checked = check_claims(league(), claims)
    assert checked["verdict"].tolist() == ["holds", "reversed", "undecided"]
    assert checked["difference"].iloc[0] == -checked["difference"].iloc[1] > 0.3
    assert checked["claim"].iloc[2] == "weak > twin, AUC"


def test_the_table_has_a_row_a_claim_and_a_column_a_model_in_their_order():
    rows = league().rows
    both = League({(model, attack): row for model in ("model", "another") for (_, attack), row in rows.items()})
    claims = (Claim("weak", "twin", "AUC", "here"), Claim("strong", "weak", "AUC", "there", "0.9 and 0.8"))
    table = claims_table(check_claims(both, claims))
    assert table.index.tolist() == ["weak > twin, AUC", "strong > weak, AUC"]
    assert table.columns.tolist() == ["published", "model", "another"]
    assert table["published"].tolist() == ["here", "there; 0.9 and 0.8"]
    assert table.loc["weak > twin, AUC", "another"] == "undecided (+0.00)"
    assert table.loc["strong > weak, AUC", "model"].startswith("holds (+0.")


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
