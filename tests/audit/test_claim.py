"""A claim is contradicted by scores that it does not allow, and by nothing else; what could have been shown is said beside it."""

import numpy as np
import pytest

from helpers.audit.claim import checked_claim
from helpers.audit.evidence import Difference, Evidence
from helpers.evaluation.metrics import evaluate
from helpers.models.pretrained.promise import Promise

PROMISE = Promise(1.0, 1e-3, "one image there, or not there", "Poisson, rate 0.2", "RDP")
N = 200


def evidence(differ=False, tries=1):
    report = evaluate(np.array([1.0]), np.array([0.0]), bootstrap=0)
    return Evidence(Difference(0.01 if differ else 0.5, report, {}), 0.5, 0.5, 0.5, report, 0.0, tries)


def claim(ahead, promise=PROMISE, **more):
    rng = np.random.default_rng(0)
    scores = {"members": rng.normal(ahead, 1, 2 * N), "held_out": rng.normal(0, 1, 2 * N)}
    half = np.arange(2 * N) >= N
    copies = more.pop("copies", 0)
    return checked_claim(promise, scores, {"members": half, "held_out": half}, evidence(**more), copies)


def test_scores_that_tell_members_apart_contradict_a_small_epsilon():
    found = claim(6)
    assert found.contradicted
    assert 1 < found.at_least <= found.at_most
    assert found.images == (N, N)
    assert "The audit contradicts it: at 95 %, ε is at least 3." in found.in_words()


def test_guessing_contradicts_nothing_and_proves_nothing():
    found = claim(0)
    assert not found.contradicted
    assert found.at_least < 0.5
    said = found.in_words()
    assert "does not contradict it" in said
    assert f"at most {found.at_most:.2f} with 200 members and 200 held-out images" in said
    assert "too few" not in said


def test_a_claim_that_so_few_images_cannot_contradict_is_said_to_be_one():
    found = claim(6, Promise(30.0, 1e-3, "one image", "Poisson"))
    assert not found.contradicted
    assert "which is too few to contradict it" in found.in_words()


def test_what_the_claim_belongs_to_is_said():
    said = claim(0).in_words()
    for part in (
        "ε = 1 at δ = 0.001",
        "neighbours: one image there, or not there",
        "sampling: Poisson, rate 0.2",
        "accountant: RDP",
        "This is a claim",
    ):
        assert part in said


def test_folders_that_differ_test_nothing():
    found = claim(6, differ=True)
    assert found.at_least is None
    assert not found.contradicted
    assert "cannot test it, since members and held-out images differ by themselves" in found.in_words()


def test_several_audits_have_to_show_more():
    assert claim(1, tries=10).at_least < claim(1).at_least
    assert claim(1, tries=10).at_most < claim(1).at_most


def test_copies_are_named_where_they_may_be_the_reason():
    assert "7 members are near copies of others: k copies are promised k ε" in claim(6, copies=7).in_words()
    assert "near copies" not in claim(0, copies=7).in_words()


def test_a_record_without_noise_claims_nothing():
    found = claim(6, Promise(None, 1e-3, "one image", "Poisson"))
    assert not found.contradicted
    assert "promises no ε" in found.in_words()


@pytest.mark.slow
def test_a_true_claim_is_rarely_contradicted():
    """Randomised response at ε = 1: the most that the promise allows."""
    rng, wrong = np.random.default_rng(1), 0
    truth = 1 / (1 + np.exp(-1.0))
    half = np.arange(2 * N) >= N
    for _ in range(400):
        told = {"members": rng.random(2 * N) < truth, "held_out": rng.random(2 * N) > truth}
        scores = {name: said + 1e-6 * rng.random(2 * N) for name, said in told.items()}
        wrong += checked_claim(PROMISE, scores, {"members": half, "held_out": half}, evidence()).contradicted
    assert wrong / 400 < 0.05
