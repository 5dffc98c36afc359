"""A fine-tune is asked along its run; what is kept comes back, and a run that is done is not run again."""

from dataclasses import replace

import pytest
import torch

from helpers.attacks import SimA
from helpers.data.emoji import ARCHIVES, Archives, CaptionedSplit, Words
from helpers.evaluation.denoising_loss import denoising_loss
from helpers.experiments import fine_tunes
from helpers.experiments.fine_tunes import (
    EMOJI_OUTCOMES,
    SCALES,
    Plan,
    fine_tunes_named,
    measure_fine_tune,
    plan_of,
    run_fine_tunes,
    train_base,
)
from helpers.experiments.outcomes import is_done, load_outcome, save_outcome
from helpers.experiments.prompted import Question, ask
from helpers.models.autoencoders import AutoencoderRecipe
from helpers.training.emoji_recipes import AUTOENCODERS, BASES, FINE_TUNES, FINE_TUNES_64, RANKS, SEEDS, Public
from helpers.training.text_to_image import LargeTextToImageRecipe, TextToImageRecipe
from helpers.zoo import told_models
from helpers.zoo.told_models import load_told, save_told

RECIPE = TextToImageRecipe("tiny", "base", channels=(8, 16), text_width=16, steps=4, batch_size=4, checkpoint_every=2)
QUESTIONS = {
    "along": Question(SimA(), timesteps=(50,), along=True),
    "once": Question(SimA(), "none", timesteps=(50,)),
    "relative": Question(SimA(), kind="relative", timesteps=(50,)),
}


PLAN = Plan(QUESTIONS, all_at=(2,), judge=lambda model, split: {"good": 1.0})


@pytest.fixture
def split():
    images = torch.rand(20, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    captions = Words(("cat",) * 8, ("smiling face",) * 8, ("eye",) * 4)
    return CaptionedSplit(images[:8], images[8:16], images[16:], captions, captions)


@pytest.mark.slow
def test_rows_stand_for_the_checkpoints_at_which_they_were_asked(told_model, split, tmp_path):
    model, base = told_model()[0], told_model()[0]
    outcome = measure_fine_tune(RECIPE, model, base, split, plan=PLAN, progress=False)
    assert list(outcome.rows) == [("along", "2"), ("once", "2"), ("relative", "2"), ("along", "4")]
    losses = {f"loss_{kind}.{step}" for kind in ("members", "held_out") for step in (2, 4)}
    assert set(outcome.quality) == losses | {"good.2", "good.4"}
    first, last = outcome.rows["along", "2"].members, outcome.rows["along", "4"].members
    assert abs(first - last).max() > 0

    save_outcome("tiny", outcome, tmp_path)
    assert is_done("tiny", tmp_path, RECIPE.to_json())
    assert not is_done("tiny", tmp_path, replace(RECIPE, steps=9).to_json())
    kept = load_outcome("tiny", tmp_path, RECIPE.to_json())
    assert kept.rows["along", "4"].members == pytest.approx(last, rel=1e-5)


@pytest.mark.slow
def test_without_a_base_nothing_is_asked_relative_to_it(told_model, split):
    recipe = replace(RECIPE, base="")
    outcome = measure_fine_tune(recipe, told_model()[0], None, split, plan=PLAN, progress=False)
    assert ("relative", "2") not in outcome.rows


@pytest.mark.slow
def test_an_interrupted_run_keeps_what_it_was_asked(told_model, split, tmp_path):
    how = {"plan": PLAN, "progress": False}
    whole = measure_fine_tune(RECIPE, told_model()[0], told_model()[0], split, **how)
    measure_fine_tune(replace(RECIPE, steps=2), told_model()[0], told_model()[0], split, tmp_path, **how)
    resumed = measure_fine_tune(RECIPE, told_model()[0], told_model()[0], split, tmp_path, **how)
    assert resumed.rows.keys() == whole.rows.keys()
    for name, row in whole.rows.items():
        assert resumed.rows[name].members == pytest.approx(row.members, rel=1e-3)


@pytest.mark.slow
def test_a_lora_is_asked_at_its_end_with_less_of_itself_too(told_model, split):
    recipe, (base, model) = replace(RECIPE, rank=2, learning_rate=0.1), (told_model()[0] for _ in range(2))
    outcome = measure_fine_tune(recipe, model, base, split, plan=PLAN, progress=False)
    assert [when for name, when in outcome.rows if name == "along"] == ["2", "4", *(f"4 x {scale:g}" for scale in SCALES)]
    untouched = ask(QUESTIONS["along"], base, None, split).members
    far = [abs(outcome.rows["along", f"4 x {scale:g}"].members - untouched).mean() for scale in SCALES]
    far.append(abs(outcome.rows["along", "4"].members - untouched).mean())
    assert far[0] > 0
    assert far == sorted(set(far))
    assert outcome.quality["loss_held_out.4"] == pytest.approx(
        denoising_loss(model.told(split.captions.held_out), split.held_out), rel=1e-4
    )


def test_all_is_asked_of_whole_fine_tunes_only():
    asked = {r.name.removesuffix("-seed-0") for r in FINE_TUNES.values() if r.seed == 0 and plan_of(r).all_at}
    assert asked == {"emoji-full"}


def test_a_kind_stands_for_all_its_seeds():
    assert [r.name for r in fine_tunes_named(["full"])] == [f"emoji-full-seed-{seed}" for seed in SEEDS]
    assert [r.rank for r in fine_tunes_named(["emoji-lora-8-seed-1"])] == [8]
    assert len(fine_tunes_named(["all"])) == len(FINE_TUNES)
    assert {r.rank for r in FINE_TUNES.values()} == {0, *RANKS}
    large = fine_tunes_named(["full-64", "emoji-64-lora-8-seed-1"])
    assert [r.name for r in large] == [*(f"emoji-64-full-seed-{seed}" for seed in SEEDS), "emoji-64-lora-8-seed-1"]
    with pytest.raises(ValueError, match="unknown fine-tune nobody; there are emoji-untouched-seed-0"):
        fine_tunes_named(["nobody"])


@pytest.mark.parametrize("name", [path.stem for path in sorted(EMOJI_OUTCOMES.glob("*.npz")) if path.stem in FINE_TUNES])
def test_scores_that_are_kept_are_of_todays_recipe(name):
    assert is_done(name, EMOJI_OUTCOMES, FINE_TUNES[name].to_json())


@pytest.fixture
def small_64(tmp_path, monkeypatch):
    """The recipes at 64 x 64 with networks of a few weights, a few pictures, and a local folder of their own; the base's name."""
    images = torch.rand(24, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    public = Public(images[:8], ("cat face", "dog face") * 4, ("Animals & Nature",) * 8)
    words = Words(("cat face", "dog") * 4, ("dog face", "cat") * 4, ())
    split = CaptionedSplit(images[8:16], images[16:], None, words, words)
    narrow = {"channels": (8, 16), "text_width": 16, "steps": 2, "batch_size": 4}
    base = LargeTextToImageRecipe("emoji-64-base", **narrow)
    monkeypatch.setitem(BASES, 64, base)
    autoencoder = AutoencoderRecipe("emoji-64-autoencoder", "emoji", channels=(8, 8, 8), steps=2, batch_size=4)
    monkeypatch.setitem(AUTOENCODERS, 64, autoencoder)
    for kind, rank in (("full", 0), ("lora-8", 8)):
        name = f"emoji-64-{kind}-seed-0"
        monkeypatch.setitem(FINE_TUNES_64, name, LargeTextToImageRecipe(name, base.name, rank, **narrow))
    monkeypatch.setattr(fine_tunes, "public_pictures", lambda size: {64: public}[size])
    monkeypatch.setattr(fine_tunes, "split_of_seed", lambda seed, size: {64: split}[size])
    monkeypatch.setattr(fine_tunes, "plan_of", lambda recipe: PLAN)
    monkeypatch.setattr(fine_tunes, "LOCAL_OUTCOMES", tmp_path / "scores")
    monkeypatch.setattr(told_models, "LOCAL_WEIGHTS", tmp_path / "weights")
    return base


@pytest.mark.slow
def test_larger_models_are_trained_and_asked_and_kept_in_a_local_folder(small_64, tmp_path):
    names, runs = ["emoji-64-full-seed-0", "emoji-64-lora-8-seed-0"], tmp_path / "runs"
    with pytest.raises(FileNotFoundError, match="maintain fine-tunes base-64"):
        next(run_fine_tunes(names, runs, progress=False))
    save_told(small_64, train_base(small_64, runs, progress=False))
    written = [*run_fine_tunes(names, runs, progress=False)]
    assert written == [tmp_path / "scores" / f"{name}.npz" for name in names]
    for name in names:
        outcome = load_outcome(name, tmp_path / "scores", FINE_TUNES_64[name].to_json())
        assert ("relative", "2") in outcome.rows
        model = load_told(name)
        assert model.told(["cat face"]).encode(torch.zeros(1, 3, 64, 64)).shape == (1, 4, 16, 16)
    assert not [*run_fine_tunes(names, runs, progress=False)]


def test_larger_models_without_pictures_say_how_to_make_them(tmp_path, monkeypatch):
    monkeypatch.setitem(ARCHIVES, 64, Archives(tmp_path / "emoji.npz", tmp_path / "twemoji.npz"))
    with pytest.raises(FileNotFoundError, match=r"make-emoji \. --size 64"):
        train_base(BASES[64])
    with pytest.raises(FileNotFoundError, match=r"make-emoji \. --size 64"):
        next(run_fine_tunes(["full-64"], scores=tmp_path))
