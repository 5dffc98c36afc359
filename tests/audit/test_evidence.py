"""Folders that differ are told apart, an innocent model is not accused, and a model that remembers is."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.audit.evidence import beyond_appearance, difference, weigh

NAMES = [f"feature {i}" for i in range(12)]


def folders(n, rng, shift=0.0):
    """Features of two folders of n images, the members' first one shifted."""
    found = {group: {name: rng.normal(size=n) for name in NAMES} for group in ("members", "held_out")}
    found["members"][NAMES[0]] += shift
    return found


def halves(n, rng):
    return {group: rng.permutation(n) < n // 2 for group in ("members", "held_out")}


def test_folders_drawn_alike_are_seldom_told_apart():
    found = [difference(folders(30, np.random.default_rng(i)), seed=i).found for i in range(50)]
    assert sum(found) <= 4  # 1 is expected


def test_folders_that_differ_are_told_apart_and_the_difference_is_named():
    found = difference(folders(40, np.random.default_rng(0), shift=2))
    assert found.found
    assert next(iter(found.telling)) == NAMES[0]
    assert found.report.auc.low > 0.5


def test_many_small_differences_are_found_together():
    rng = np.random.default_rng(0)
    two = {group: {f"{i}": rng.normal(0.3 * (group == "members"), size=150) for i in range(30)} for group in folders(1, rng)}
    assert difference(two).found


def test_features_that_are_the_same_everywhere_say_nothing():
    same = {group: {"constant": np.zeros(20)} for group in ("members", "held_out")}
    assert not difference(same).found


def test_too_few_images_are_refused():
    with pytest.raises(ValueError, match="at least 5 images of each kind, got 4 and 4"):
        difference(folders(4, np.random.default_rng(0)))


def test_a_shift_that_the_features_know_accuses_nobody():
    accused, alone = 0, 0
    for i in range(40):
        rng = np.random.default_rng(i)
        seen = folders(30, rng, shift=0.8)
        scores = {group: seen[group][NAMES[0]] + 0.1 * rng.normal(size=30) for group in seen}
        found = weigh(scores, seen, halves(30, rng))
        accused, alone = accused + found.accuses, alone + (found.raw < 0.005)
    assert accused == 0
    assert alone > 4


def test_a_model_that_remembers_is_accused_and_more_tries_ask_for_more():
    rng = np.random.default_rng(0)
    seen = folders(100, rng)
    scores = {group: 3 * seen[group][NAMES[0]] + rng.normal(size=100) + (group == "members") for group in seen}
    once, often = (weigh(scores, seen, halves(100, np.random.default_rng(1)), tries) for tries in (1, 10**6))
    assert 0.5 < once.explained < 1
    assert once.adjusted < once.raw  # since the difficulty of the images is taken out
    assert once.p_value == max(once.adjusted, once.raw / 2)
    assert often.p_value == min(1, 10**6 * once.p_value)
    assert often.p_value > once.p_value


def test_what_the_look_explains_is_taken_out_of_each_column():
    rng = np.random.default_rng(0)
    seen = folders(100, rng)
    look = np.concatenate([seen[group][NAMES[0]] for group in ("members", "held_out")])
    explained, unknown = 3 * look + 0.1 * rng.normal(size=200), rng.normal(size=200)
    left = beyond_appearance(np.stack([-np.exp(-explained), unknown], 1), seen)
    assert left.shape == (200, 2)
    assert abs(np.corrcoef(left[:, 0], look)[0, 1]) < 0.2
    assert np.corrcoef(left[:, 1], unknown)[0, 1] > 0.95


def test_both_the_scores_and_what_is_left_of_them_have_to_accuse():
    rng = np.random.default_rng(0)
    seen = folders(100, rng)
    found = weigh({group: rng.normal(size=100) + 2 * (group == "members") for group in seen}, seen, halves(100, rng))
    assert found.accuses
    assert not replace(found, raw=0.02).accuses
    assert not replace(found, adjusted=0.01).accuses
    assert not replace(found, directed=0.001).accuses


def test_scores_that_the_features_do_not_explain_stay_as_they_are():
    rng = np.random.default_rng(3)
    seen = folders(40, rng)
    scores = {group: rng.normal(size=40) + (group == "members") for group in seen}
    found = weigh(scores, seen, halves(40, rng))
    assert found.explained == 0
    assert found.adjusted == pytest.approx(found.raw)


def test_a_shift_along_what_moves_the_scores_is_found_among_features_that_hide_it():
    hidden = []
    for i in range(10):
        rng = np.random.default_rng(i)
        seen = folders(40, rng, shift=0.7)
        scores = {group: seen[group][NAMES[0]] + 0.1 * rng.normal(size=40) for group in seen}
        found = weigh(scores, seen, halves(40, rng))
        hidden.append((found.difference.found, found.folders_differ))
    assert sum(differ for _, differ in hidden) > sum(alone for alone, _ in hidden)
