"""A fine-tune is asked along its run; what is kept comes back, and a run that is done is not run again."""

from dataclasses import replace

import pytest
import torch

from helpers.attacks import SimA
from helpers.data.emoji import CaptionedSplit, Words
from helpers.evaluation.denoising_loss import denoising_loss
from helpers.experiments.fine_tunes import SCALES, Plan, fine_tunes_named, measure_fine_tune, plan_of
from helpers.experiments.outcomes import is_done, load_outcome, save_outcome
from helpers.experiments.prompted import Question, ask
from helpers.training.emoji_recipes import FINE_TUNES, RANKS, SEEDS
from helpers.training.text_to_image import TextToImageRecipe

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
    with pytest.raises(ValueError, match="unknown fine-tune nobody; there are emoji-untouched-seed-0"):
        fine_tunes_named(["nobody"])
