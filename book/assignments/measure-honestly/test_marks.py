"""Marks of *A figure that can be believed*. The cases differ from the examples of the hand-out."""

import pytest
import torch

from helpers.evaluation import evaluate

TIMESTEPS = list(range(0, 201, 20))


def normal(n, shift, seed):
    return torch.randn(n, generator=torch.Generator().manual_seed(seed)) + shift


def auc(members, held_out):
    return float(evaluate(members, held_out, bootstrap=0).auc)


@pytest.fixture
def parts():
    """Calibration is best at the second of three timesteps, evaluation at the third."""
    shifts = {"calibration": (0.2, 1.0, 0.6), "evaluation": (0.2, 0.6, 1.4)}
    return [
        (
            torch.stack([normal(80, s, 10 * i + k) for k, s in enumerate(row)]),
            torch.stack([normal(80, 0, 99 + k) for k in range(3)]),
        )
        for i, row in enumerate(shifts.values())
    ]


@pytest.mark.marks("1", 2)
def test_the_timestep_is_chosen_on_the_calibration_part(answers, parts):
    assert int(answers["reported"](*parts)[0]) == 1


@pytest.mark.marks("1", 1)
def test_the_auc_is_that_of_the_evaluation_part_at_the_index_that_is_returned(answers, parts):
    members, held_out = parts[1]
    chosen, value = answers["reported"](*parts)
    assert float(value) == pytest.approx(auc(members[int(chosen)], held_out[int(chosen)]), abs=1e-4)


@pytest.mark.marks("1", 1)
def test_choice_and_auc_are_right_where_the_parts_hold_different_numbers_of_images(answers):
    known = torch.stack([normal(20, s, 1) for s in (2.0, 0.0)]), torch.stack([normal(30, 0, 2)] * 2)
    asked = torch.stack([normal(50, s, 3) for s in (0.5, 2.0)]), torch.stack([normal(40, 0, 4)] * 2)
    chosen, value = answers["reported"](known, asked)
    assert int(chosen) == 0
    assert float(value) == pytest.approx(auc(asked[0][0], asked[1][0]), abs=1e-4)


@pytest.mark.marks("2", 2)
def test_the_interval_is_that_of_a_bootstrap_of_both_groups(answers):
    members, held_out = normal(80, 0.7, 5), normal(80, 0, 6)
    expected = evaluate(members, held_out, bootstrap=4000).auc
    low, high = answers["interval"](members, held_out, 1000, 0)
    assert (float(low), float(high)) == pytest.approx((expected.low, expected.high), abs=0.012)


@pytest.mark.marks("2", 1)
def test_few_members_and_many_held_out_images_give_a_wide_interval(answers):
    members, held_out = normal(40, 0.7, 7), normal(800, 0, 8)
    expected = evaluate(members, held_out, bootstrap=4000).auc
    low, high = answers["interval"](members, held_out, 1000, 0)
    assert float(high) - float(low) == pytest.approx(expected.high - expected.low, rel=0.15)


@pytest.mark.marks("2", 1)
def test_the_interval_holds_the_auc_and_ends_at_one(answers):
    members, held_out = normal(60, 1.0, 9), normal(60, 0, 10)
    low, high = answers["interval"](members, held_out, 200, 1)
    assert float(low) < auc(members, held_out) < float(high)
    assert tuple(map(float, answers["interval"](members + 20, held_out, 50, 2))) == (1.0, 1.0)


@pytest.mark.marks("3", 2)
def test_the_threshold_is_the_smallest_allowed_one_of_the_calibration_part(answers):
    known, members, held_out = normal(35, 0, 11), normal(300, 1, 12), normal(300, 0.5, 13)
    threshold = known.sort(descending=True).values[3]
    expected = [(scores > threshold).double().mean().item() for scores in (members, held_out)]
    assert tuple(map(float, answers["decided"](known, members, held_out, 0.1))) == pytest.approx(
        expected, abs=1e-6
    )


@pytest.mark.marks("3", 1)
def test_equal_scores_at_the_threshold_are_not_accused(answers):
    known = torch.tensor([3.0, 2.0, 2.0, 2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    tpr, fpr = answers["decided"](known, torch.tensor([2.0, 3.0, 3.0, 1.0]), known, 0.2)
    assert (float(tpr), float(fpr)) == pytest.approx((0.5, 0.1), abs=1e-6)


@pytest.mark.marks("3", 1)
def test_too_few_images_allow_no_false_accusation(answers):
    known = torch.arange(50.0)
    tpr, fpr = answers["decided"](known, torch.tensor([10.0, 49.0, 50.0, 60.0]), known, 0.01)
    assert (float(tpr), float(fpr)) == pytest.approx((0.5, 0.0), abs=1e-6)


@pytest.mark.marks("4", 2)
def test_at_this_share_of_members_just_as_many_accusations_are_right(answers):
    for tpr, fpr, wanted in [(0.3, 0.01, 0.9), (0.05, 0.001, 0.5), (0.8, 0.1, 0.99)]:
        share = float(answers["least_base_rate"](tpr, fpr, wanted))
        assert tpr * share / (tpr * share + fpr * (1 - share)) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.marks("4", 1)
def test_without_false_accusations_any_share_will_do(answers):
    assert float(answers["least_base_rate"](0.2, 0.0, 0.9)) == 0.0


@pytest.mark.marks("5", 1)
def test_a_fair_audit_is_believed_whatever_it_finds(answers):
    verdicts = answers["verdicts"]
    assert (verdicts[1], verdicts[3]) == ("no evidence", "leaks")


@pytest.mark.marks("5", 1)
def test_groups_that_differ_by_themselves_allow_no_verdict(answers):
    assert answers["verdicts"][2] == "no verdict"


@pytest.mark.marks("5", 1)
def test_members_that_were_picked_by_their_score_allow_no_verdict(answers):
    assert answers["verdicts"][0] == "no verdict"


@pytest.mark.marks("6", 1)
def test_the_start_ups_model_is_measured_at_the_timestep_of_task_1(answers):
    known, asked = answers["calibration"], answers["evaluation"]
    at = int(answers["reported"](known, asked)[0])
    found = answers["found"]
    assert found["timestep"] == TIMESTEPS[at]
    assert found["auc"] == pytest.approx(auc(asked[0][at], asked[1][at]), abs=1e-4)


@pytest.mark.marks("6", 1)
def test_its_interval_and_its_rates_are_right(answers):
    known, asked, found = answers["calibration"], answers["evaluation"], answers["found"]
    at = TIMESTEPS.index(found["timestep"])
    expected = evaluate(asked[0][at], asked[1][at], bootstrap=2000).auc
    assert (found["low"], found["high"]) == pytest.approx((expected.low, expected.high), abs=0.012)
    threshold = known[1][at].sort(descending=True).values[len(known[1][at]) // 100]
    rates = [(scores[at] > threshold).double().mean().item() for scores in asked]
    assert (found["tpr"], found["fpr"]) == pytest.approx(rates, abs=1e-6)
