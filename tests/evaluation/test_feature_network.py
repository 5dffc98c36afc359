"""A small classifier learns the classes it is shown, the same each time, and its features do not depend on the batch."""

import pytest
import torch

from helpers.data.catalogue import auxiliary_labels, load_digits
from helpers.evaluation.feature_network import FEATURES, train_classifier

SPLIT, LABELS = load_digits(), auxiliary_labels("digits")


@pytest.fixture(scope="module")
def classifier():
    return train_classifier(SPLIT.auxiliary[:400], LABELS[:400], steps=120, progress=False)


@pytest.mark.slow
@torch.inference_mode()
def test_it_tells_the_classes_of_images_apart_that_it_never_saw(classifier):
    guesses = classifier.classify(SPLIT.auxiliary[400:]).argmax(1)
    assert (guesses == LABELS[400:]).float().mean() > 0.8


@torch.inference_mode()
def test_features_are_one_row_an_image_whatever_the_batch(classifier):
    features = classifier(SPLIT.held_out[:6])
    assert features.shape == (6, FEATURES)
    assert classifier.num_features == FEATURES
    assert torch.allclose(torch.cat([classifier(x) for x in SPLIT.held_out[:6].split(1)]), features, atol=1e-5)


@torch.inference_mode()
def test_features_are_standardised_on_the_images_it_learned_from(classifier):
    features = classifier(SPLIT.auxiliary[:400])
    assert features.mean(0).abs().max() < 1e-4
    assert (features.std(0) - 1).abs().max() < 1e-3


@torch.inference_mode()
def test_images_of_another_size_have_as_many_features(classifier):
    assert classifier(torch.zeros(2, 1, 16, 16)).shape == (2, FEATURES)


def test_the_seed_decides_the_weights_and_the_global_generator_is_left_alone():
    def first_weights(seed):
        network = train_classifier(SPLIT.auxiliary[:64], LABELS[:64], seed, steps=2, progress=False)
        assert not network.training
        return torch.cat([p.detach().flatten() for p in network.parameters()])

    state = torch.get_rng_state()
    one, two, other = map(first_weights, (0, 0, 1))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("labels", [LABELS[:9], LABELS[:11], LABELS[:10, None]])
def test_another_number_of_labels_is_refused(labels):
    with pytest.raises(ValueError, match=r"one label per image: got \(.*\) for 10"):
        train_classifier(SPLIT.auxiliary[:10], labels, progress=False)


def test_bad_images_are_refused():
    with pytest.raises(ValueError, match=r"images must lie in \[-1, 1\]"):
        train_classifier(SPLIT.auxiliary[:10] * 255, LABELS[:10], progress=False)
