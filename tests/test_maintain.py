"""The maintainers' commands: each explains itself, can be rehearsed without writing, and knows what it cannot do."""

import pytest
from click.testing import CliRunner

from helpers.audit.innocents import simulate
from helpers.data import make_emoji, make_fashion
from helpers.experiments import (
    fine_tunes,
    latent_studies,
    league,
    measure,
    memory,
    private,
    retrain,
    samples,
    straight,
    told_classes,
)
from helpers.maintain import maintain
from helpers.training.emoji_recipes import EMOJI_64_BASE, EMOJI_BASE
from helpers.zoo import lora_models, onnx_export, told_export, told_models

REHEARSALS = {
    "retrain": (["ddpm-digits-early"], "ddpm-digits-early.safetensors"),
    "sweep": (["beta"], "beta-1e0-seed-2.npz"),
    "fine-tunes": (["base", "full", "classes"], "emoji-classes-seed-0.npz"),
    "straight": (["digits-flow", "fashion"], "digits-flow-dit-seed-0.npz"),
    "study": (["inversion"], "would run inversion of"),
    "memory": (["duplicates", "which"], "which-dit.npz"),
    "private": (["private-clip", "canaries"], "canaries-no-noise-seed-2.npz"),
    "samples": (["duplicates"], "duplicates-same-seed-2.npz"),
    "league": (["ddpm-digits"], ""),
    "export": (["emoji-full-seed-0", "ddpm-digits"], "emoji-full-seed-0.onnx"),
    "lora": ([], "lora-digits"),
    "make-fashion": (["somewhere"], "fashion.npz"),
    "make-emoji": (["somewhere"], "emoji.npz"),
    "innocents": ([], "innocents.json"),
}
LARGER = ("full-seed-0", "full-seed-1", "full-seed-2", "lora-8-seed-1")


def run(*arguments):
    return CliRunner().invoke(maintain, [str(a) for a in arguments])


def test_every_command_is_rehearsed_here():
    assert set(REHEARSALS) == set(maintain.commands)


@pytest.mark.parametrize("command", REHEARSALS)
def test_help_shows_an_example(command):
    assert f"python -m helpers maintain {command}" in run(command, "--help").output


@pytest.mark.parametrize(("command", "arguments", "said"), [(name, *rehearsal) for name, rehearsal in REHEARSALS.items()])
def test_a_dry_run_says_what_it_would_write_and_starts_nothing(command, arguments, said, monkeypatch, tmp_path):
    def start(*_, **__):
        raise AssertionError("a dry run started")

    for module, name in (
        (retrain, "retrain"),
        (measure, "sweep"),
        (latent_studies, "run_studies"),
        (fine_tunes, "train_base"),
        (fine_tunes, "run_fine_tunes"),
        (told_classes, "run_classes"),
        (straight, "run_straight"),
        (memory, "run_memory"),
        (private, "run_private"),
        (samples, "run_samples"),
        (league, "play"),
        (onnx_export, "export"),
        (told_export, "export_told"),
        (lora_models, "make_lora"),
        (make_fashion, "make_fashion"),
        (make_emoji, "make_emoji"),
        (simulate, "simulate"),
    ):
        monkeypatch.setattr(module, name, start)
    monkeypatch.setattr(fine_tunes, "EMOJI_OUTCOMES", tmp_path)  # as if nothing had been measured yet
    monkeypatch.setattr(memory, "MEMORY_OUTCOMES", tmp_path)
    monkeypatch.setattr(private, "PRIVATE_OUTCOMES", tmp_path)
    monkeypatch.setattr(samples, "SAMPLED_OUTCOMES", tmp_path)
    monkeypatch.setattr(straight, "STRAIGHT_OUTCOMES", tmp_path)
    found = run(command, *arguments, "--dry-run")
    assert found.exit_code == 0, found.output
    assert said in found.output
    assert isinstance(run(command, *arguments).exception, AssertionError)


def test_larger_emoji_and_their_models_stay_in_the_build_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    written = run("make-emoji", "somewhere", "--size", "64", "--dry-run").output
    written += run("fine-tunes", "base-64", "full-64", "emoji-64-lora-8-seed-1", "--dry-run").output
    assert written.splitlines() == [
        "would write _build/emoji-64/emoji.npz and _build/emoji-64/twemoji.npz",
        "would train emoji-64-base and write _build/runs/emoji-64/weights/emoji-64-base.safetensors",
        *(f"would run emoji-64-{name} and write _build/runs/emoji-64/scores/emoji-64-{name}.npz" for name in LARGER),
    ]
    assert "-64-" not in run("fine-tunes", "all", "--dry-run").output
    assert "'48' is not one of '32', '64'" in run("make-emoji", "somewhere", "--size", "48").output


def test_the_base_of_the_size_that_was_asked_for_is_trained(monkeypatch):
    trained = []
    monkeypatch.setattr(fine_tunes, "train_base", lambda recipe, device: trained.append(recipe))
    monkeypatch.setattr(told_models, "save_told", lambda recipe, model: recipe.name)
    for name, written in (("base-64", "emoji-64-base"), ("base", "emoji-base")):
        assert run("fine-tunes", name).output == f"written: {written}\n"
    assert trained == [EMOJI_64_BASE, EMOJI_BASE]


@pytest.mark.parametrize("command", ["retrain", "sweep", "study", "memory", "private", "samples", "league", "export"])
@pytest.mark.parametrize("dry_run", [["--dry-run"], []])
def test_an_unknown_name_starts_nothing(command, dry_run):
    found = run(command, "nothing", *dry_run)
    assert found.exit_code == 1
    assert "nothing" in str(found.exception)
    assert isinstance(found.exception, ValueError)
