"""Training with captions: what it changes, what a fine-tune leaves alone, and what survives an interruption."""

from dataclasses import replace

import pytest
import torch

from helpers.models.pretrained import load_pipeline
from helpers.training.lora import save_lora
from helpers.training.text_to_image import TextToImageRecipe, adapted, train_text_to_image

IMAGES = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
FROM_NOTHING = TextToImageRecipe("tiny", channels=(8, 16), text_width=16, steps=4, batch_size=4, checkpoint_every=2)
FINE_TUNE = replace(FROM_NOTHING, name="tuned", base="tiny")
LORA = replace(FINE_TUNE, name="lora", rank=2)


def weights(network):
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def changed(network, before):
    return {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}


def train(recipe, told_model, **more):
    model, captions = told_model()
    return train_text_to_image(recipe, model, IMAGES, captions, progress=False, **more)


def test_from_nothing_the_text_encoder_learns_too_and_in_a_fine_tune_it_stays(told_model):
    for recipe, learns in ((FROM_NOTHING, True), (FINE_TUNE, False)):
        model, captions = told_model()
        text, network, autoencoder = (weights(part) for part in (model.text_encoder, model.unet, model.autoencoder))
        run = train_text_to_image(recipe, model, IMAGES, captions, progress=False)
        assert bool(changed(model.text_encoder, text)) == learns
        assert changed(model.unet, network)
        assert not changed(model.autoencoder, autoencoder)
        assert len(run.losses) == 4
        assert not model.unet.training


@pytest.mark.slow
def test_an_interrupted_run_ends_with_the_same_weights(told_model, tmp_path):
    whole = train(FINE_TUNE, told_model, probe=lambda model, step: {"seen": 2 * step})
    train(replace(FINE_TUNE, steps=2), told_model, checkpoint_dir=tmp_path, probe=lambda model, step: {"seen": 2 * step})
    resumed = train(FINE_TUNE, told_model, checkpoint_dir=tmp_path, probe=lambda model, step: {"seen": 2 * step})
    assert resumed.losses == pytest.approx(whole.losses)
    assert resumed.probes == whole.probes == [{"step": 2, "seen": 4}, {"step": 4, "seen": 8}]
    a, b = weights(whole.model.unet), weights(resumed.model.unet)
    assert all(torch.allclose(a[name], b[name], atol=1e-6) for name in a)


def test_a_checkpoint_of_another_recipe_is_refused(told_model, tmp_path):
    train(FINE_TUNE, told_model, checkpoint_dir=tmp_path)
    with pytest.raises(ValueError, match="belongs to another recipe"):
        train(replace(FINE_TUNE, learning_rate=1e-4), told_model, checkpoint_dir=tmp_path)


def test_a_cooling_rate_ends_at_nothing_and_a_run_of_another_length_is_another_run():
    cooling = replace(FROM_NOTHING, cooling=True)
    assert cooling.rate(0) == cooling.learning_rate
    assert cooling.rate(cooling.steps) == pytest.approx(0)
    assert cooling.trajectory() != replace(cooling, steps=9).trajectory()
    assert FROM_NOTHING.trajectory() == replace(FROM_NOTHING, steps=9).trajectory()


@pytest.mark.slow
def test_an_untrained_lora_changes_nothing_and_a_trained_one_only_itself(told_model, tmp_path):
    model, captions = told_model()
    model.pipeline().save_pretrained(tmp_path)
    plain, before = model.told(captions).predict_noise(model.told(captions).encode(IMAGES), 50), weights(model.unet)
    model.unet = adapted(LORA, model.unet)
    z = model.told(captions).encode(IMAGES)
    assert torch.equal(model.told(captions).predict_noise(z, 50), plain)

    run = train(LORA, told_model)
    after = {name.replace("base_layer.", ""): value for name, value in run.model.unet.state_dict().items()}
    assert all(torch.equal(after[name], value) for name, value in before.items())
    trained = run.model.told(captions).predict_noise(z, 50)
    assert not torch.allclose(trained, plain, atol=1e-4)
    # From disk, beside the base, it says the same.
    save_lora(run.lora(), tmp_path)
    loaded = load_pipeline(tmp_path, lora=tmp_path)
    assert torch.allclose(loaded.told(captions).predict_noise(z, 50), trained, atol=1e-4)


def test_shuffled_captions_are_all_somebody_elses_and_none_are_empty(told_model):
    model, captions = told_model()
    told = {}
    for kind in ("own", "shuffled", "none"):
        seen = []
        hook = model.text_encoder.register_forward_pre_hook(lambda _, given, seen=seen: seen.append(given[0].clone()))
        recipe = replace(FINE_TUNE, captions=kind, no_caption=0.0, steps=1, batch_size=64)
        train_text_to_image(recipe, model, IMAGES, captions, progress=False)
        hook.remove()
        told[kind] = seen[0]
    rows = torch.randint(3, (64,), generator=torch.Generator().manual_seed(1_000_003))
    own = model.tokenizer(captions, padding="max_length", return_tensors="pt").input_ids
    assert torch.equal(told["own"], own[rows])
    assert not (told["shuffled"] == own[rows]).all(1).any()
    assert set(map(tuple, told["shuffled"].tolist())) == set(map(tuple, own.tolist()))
    assert torch.equal(told["none"], model.tokenizer([""], padding="max_length", return_tensors="pt").input_ids.expand(64, -1))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rank": 2}, "rank must be at least 0, and above 0 only for a fine-tune"),
        ({"base": "b", "rank": -1}, "rank must be at least 0"),
        ({"captions": "loud"}, 'captions must be "own", "shuffled" or "none"'),
        ({"no_caption": 1.0}, r"no_caption and lora_dropout must be in \[0, 1\)"),
        ({"lora_dropout": -0.1}, r"no_caption and lora_dropout must be in \[0, 1\)"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        TextToImageRecipe("x", **wrong)


def test_every_image_needs_a_caption(told_model):
    model, captions = told_model()
    with pytest.raises(ValueError, match="each image needs a caption: got 2 for 3 images"):
        train_text_to_image(FINE_TUNE, model, IMAGES, captions[:2])
