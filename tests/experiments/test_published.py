"""A published ordering is held against a league: it holds, is reversed, or stays open."""

import numpy as np
import pytest

from helpers.evaluation.metrics import METRICS
from helpers.evaluation.results import League, Row
from helpers.experiments.published import (
    CLAIMS,
    LISTED,
    PUBLISHED,
    PUBLISHED_ATTACKS,
    Claim,
    check_claims,
    claims_table,
    mean_ranks,
    standing,
    wide,
)
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


def test_the_table_is_whole():
    assert len(PUBLISHED) == 12 * len(PUBLISHED_ATTACKS) * len(METRICS)
    assert not PUBLISHED.duplicated(["model", "attack", "metric"]).any()
    assert set(PUBLISHED["metric"]) == set(METRICS)
    assert PUBLISHED["value"].between(0, 1).all()


def test_no_asr_is_below_one_half_so_the_columns_are_the_right_way_round():
    assert wide(PUBLISHED, "ASR").min(axis=None) == 0.5
    assert wide(PUBLISHED, "AUC").min(axis=None) < 0.5


@pytest.mark.parametrize(
    ("attack", "metric", "ahead", "level"),
    [
        ("PIA", "AUC", ["CIFAR-10", "Latent", "Pokémon", "LAION against LAION"], ["STL10-U"]),
        ("SecMI", "AUC", ["Latent", "COCO", "Flickr30k", "against COCO"], []),
        ("PFAMI", "AUC", [], []),
    ],
)
def test_who_is_ahead_of_sima_is_counted_from_the_table(attack, metric, ahead, level):
    found = standing(attack, metric)
    for side, names in (("ahead", ahead), ("level", level)):
        assert len(found[side]) == len(names)
        assert all(name in model for name, model in zip(names, found[side], strict=True))
    assert sum(map(len, found.values())) == 12
    assert standing("SimA", metric, attack)["behind"] == found["ahead"]


def test_claims_about_sima_carry_the_counts_of_the_table():
    for claim in (c for c in CLAIMS if c.better == "SimA"):
        assert f"ahead on {len(standing('SimA', claim.metric, claim.worse)['ahead'])} of 12" in claim.figures


def test_ranks_share_places_and_add_up():
    ranks = mean_ranks(PUBLISHED, "AUC")
    assert ranks.sum() == pytest.approx(1 + 2 + 3 + 4 + 5)
    assert ranks.index.tolist() == list(PUBLISHED_ATTACKS)
    first = PUBLISHED[PUBLISHED["model"] == "DDPM, STL10-U"]
    assert mean_ranks(first, "AUC")[["SimA", "PIA"]].tolist() == [1.5, 1.5]


@pytest.mark.parametrize(("metric", "attacks"), [("recall", ["SimA"]), ("AUC", ["SimA", "GSA"])])
def test_figures_that_are_not_there_are_named(metric, attacks):
    with pytest.raises(ValueError, match=f"must have {metric} of {', '.join(attacks)} for every model"):
        wide(PUBLISHED, metric, attacks)


def test_every_listed_figure_is_of_a_recipe_and_a_metric_of_the_book():
    assert LISTED["value"].between(0.2, 1).all()
    assert set(LISTED["metric"]) <= set(METRICS)
    assert {name.lower().replace("-", "") for name in LISTED["data set"]} <= {name.replace("-", "") for name in PAPER_RECIPES}
    assert not LISTED.duplicated(["data set", "metric"]).any()
