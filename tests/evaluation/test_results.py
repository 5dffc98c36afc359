"""The table of a league says what its rows say, and asks all its questions at once."""

from functools import cached_property

import numpy as np
import pytest

from helpers.evaluation.metrics import METRICS, evaluate
from helpers.evaluation.paired import holm, paired_difference
from helpers.evaluation.results import League, Row


class FewDraws(Row):
    """A row whose intervals come from a few draws, so that a test need not wait for them."""

    @cached_property
    def report(self):
        return evaluate(self.members, self.held_out, bootstrap=600)


def row(shift, timestep=50, queries=1, seed=0, n=60):
    rng = np.random.default_rng(seed)
    return FewDraws(rng.normal(shift, 1, n), rng.normal(0, 1, n), timestep, queries)


@pytest.fixture
def league():
    return League(
        {
            ("small", "SimA"): row(1),
            ("small", "strong"): row(6, None, 110, seed=1),
            ("small", "blind"): row(0, 20, 2, seed=2),
            ("large", "SimA"): row(2, 60),
            ("large", "strong"): row(2, None, 110),
            ("large", "blind"): row(0, 20, 2, seed=2),
        }
    )


def test_models_and_attacks_come_in_the_order_of_the_rows(league):
    assert league.models == ["small", "large"]
    assert league.attacks == ["SimA", "strong", "blind"]


def test_a_league_in_which_an_attack_missed_a_model_is_refused(league):
    rows = {key: row for key, row in league.rows.items() if key != ("large", "blind")}
    with pytest.raises(ValueError, match="every attack must meet every model, blind on large did not"):
        League(rows)


def test_the_table_has_the_strongest_attack_first_and_one_row_an_attack(league):
    table = league.table("small")
    assert list(table.index) == ["strong", "SimA", "blind"]
    assert list(table.columns) == ["queries", "t", *METRICS]
    assert table["queries"].tolist() == [110, 1, 2]
    assert table["t"].tolist() == ["", 50, 20]
    assert table.loc["SimA", "AUC"] == str(league.rows["small", "SimA"].report.auc)


def test_the_table_of_a_model_holds_its_rows_only_and_ties_keep_their_order(league):
    table = league.table("large")
    assert list(table.index) == ["SimA", "strong", "blind"]  # the first two have the same scores
    assert table["t"].tolist() == [60, "", 20]


def test_estimates_are_one_row_a_model_attack_and_metric(league):
    frame = league.estimates()
    assert list(frame.columns) == ["model", "attack", "queries", "metric", "value", "low", "high"]
    assert len(frame) == 6 * len(METRICS)
    found = frame.set_index(["model", "attack", "metric"]).loc[("small", "strong", "TPR at 1% FPR")]
    assert (found["value"], found["low"], found["high"]) == league.rows["small", "strong"].report.tpr_at_fpr(0.01).triple
    assert (frame["low"] <= frame["value"]).all()
    assert (frame["value"] <= frame["high"]).all()


def test_against_compares_every_other_attack_with_the_baseline_of_its_own_model(league):
    frame = league.against()
    assert list(frame.columns) == ["model", "attack", "baseline", "metric", "difference", "low", "high", "p", "verdict"]
    pairs = list(dict.fromkeys(zip(frame["model"], frame["attack"], strict=True)))
    assert pairs == [(model, attack) for model in ("small", "large") for attack in ("strong", "blind")]
    assert set(frame["baseline"]) == {"SimA"}
    assert frame["metric"].tolist() == [*METRICS] * 4
    verdicts = frame.set_index(["model", "attack", "metric"])["verdict"]
    assert verdicts.loc[("small", "strong", "AUC")] == "better"
    assert verdicts.loc[("small", "blind", "AUC")] == "worse"
    assert {verdicts.loc[("large", "strong", metric)] for metric in METRICS} == {"undecided"}


def test_against_corrects_all_its_p_values_together(league):
    frame = league.against()
    raw = [
        paired_difference(league.rows[m, a].report, league.rows[m, "SimA"].report, metric).p
        for m, a, metric in zip(frame["model"], frame["attack"], frame["metric"], strict=True)
    ]
    assert frame["p"].tolist() == pytest.approx(holm(raw))
    assert (frame["p"] > raw).any()


def test_against_another_baseline_the_signs_change(league):
    forth, back = league.against("SimA"), league.against("strong")
    there = forth[(forth["model"] == "small") & (forth["attack"] == "strong")]
    here = back[(back["model"] == "small") & (back["attack"] == "SimA")]
    assert here["difference"].tolist() == pytest.approx((-there["difference"]).tolist())
    assert here["low"].tolist() == pytest.approx((-there["high"]).tolist())


def test_against_in_one_metric_asks_fewer_questions_and_corrects_less(league):
    every, one = league.against(), league.against(metrics=["AUC"])
    assert len(one) == 4
    assert (one["p"].to_numpy() <= every[every["metric"] == "AUC"]["p"].to_numpy()).all()


def test_chosen_differences_are_those_asked_for_on_every_model(league):
    frame = league.differences([("strong", "blind", "ASR"), ("SimA", "strong", "AUC")])
    asked = frame[["model", "attack", "baseline", "metric"]].to_numpy().tolist()
    assert asked == [[m, *pair] for m in league.models for pair in (("strong", "blind", "ASR"), ("SimA", "strong", "AUC"))]
    expected = paired_difference(league.rows["small", "strong"].report, league.rows["small", "blind"].report, "ASR").value
    assert tuple(frame.loc[0, ["difference", "low", "high"]]) == expected.triple


def test_an_unknown_attack_is_refused_with_those_there_are(league):
    for ask in (lambda: league.against("Sima"), lambda: league.differences([("SimA", "Sima", "AUC")])):
        with pytest.raises(ValueError, match="attacks must be among SimA, strong, blind, got Sima"):
            ask()


def test_an_unknown_metric_is_refused_with_those_there_are(league):
    for ask in (lambda: league.against(metrics=["F1"]), lambda: league.matrix("F1")):
        with pytest.raises(ValueError, match="metric must be one of AUC, ASR, TPR at 1% FPR, got 'F1'"):
            ask()


def test_the_matrix_has_attacks_by_models_the_best_mean_first(league):
    matrix = league.matrix("AUC")
    assert list(matrix.index) == ["strong", "SimA", "blind"]
    assert list(matrix.columns) == ["small", "large"]
    auc = league.rows["large", "blind"].report.auc
    assert matrix.loc["blind", "large"] == f"{auc:.2f} [{auc.low:.2f}, {auc.high:.2f}]"
    assert list(league.matrix("AUC", ["large"]).columns) == ["large"]
    assert list(league.matrix("AUC", []).columns) == []  # none are not all


def test_rows_of_other_images_are_refused():
    with pytest.raises(ValueError, match="must be evaluated on the same images"):
        League({("m", "SimA"): row(1), ("m", "other"): row(1, n=59)}).against()
