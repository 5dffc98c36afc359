"""Each command works as its help says, speaks to machines, too, and turns an error into one line."""

import errno
import json
import socket
from dataclasses import asdict

import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from diffusers import DDPMPipeline
from PIL import Image
from safetensors.torch import load_file

from helpers import zoo
from helpers.__main__ import main
from helpers.data.catalogue import load_digits
from helpers.data.folders import read_folder
from helpers.data.splits import image_keys
from helpers.models.pretrained import load_pipeline
from helpers.training import paper_recipes
from helpers.training.private_recipe import PrivateRecipe
from helpers.zoo import listing


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    root, split, denoiser = tmp_path_factory.mktemp("cli"), load_digits(), zoo.load("ddpm-digits")
    DDPMPipeline(denoiser.unet, denoiser.scheduler).save_pretrained(root / "model")
    for name, images in (("members", split.members[:60]), ("held-out", split.held_out[:60])):
        (root / name).mkdir()
        for i, image in enumerate(images):
            Image.fromarray(((image[0] + 1) * 127.5).round().byte().numpy()).save(root / name / f"{i:03}.png")
    return root


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.mark.parametrize("command", sorted(set(main.commands) - {"maintain"}))
def test_help_shows_an_example(command):
    found = run(command, "--help")
    assert found.exit_code == 0
    assert f"python -m helpers {command}" in found.output


@pytest.mark.slow
def test_audit_writes_both_reports_and_prints_the_verdict(disk, tmp_path):
    arguments = ["audit", "--model", disk / "model", "--members", disk / "members", "--held-out", disk / "held-out"]
    found = run(*arguments, "--output", tmp_path, "--timesteps", "40,60")
    assert found.exit_code == 0, found.output
    assert "AUC" in found.output
    assert (tmp_path / "report.html").exists()
    numbers = json.loads((tmp_path / "report.json").read_text())
    again = run(*arguments, "--output", tmp_path, "--timesteps", "40,60", "--json", "--restart")
    assert json.loads(again.stdout) | {"provenance": 0} == numbers | {"provenance": 0}


@pytest.mark.slow
def test_audit_says_whether_the_members_were_used_as_a_collection(disk, tmp_path):
    where = ["--model", disk / "model", "--members", disk / "members", "--held-out", disk / "held-out", "--output", tmp_path]
    found = run("audit", *where, "--timesteps", "40,60", "--collection")
    assert found.exit_code == 0, found.output
    said = json.loads((tmp_path / "report.json").read_text())["collection"]
    assert said["p_value"] < 0.005
    assert said["in_words"] in found.output
    assert "at least some of them were used" in said["in_words"]


@pytest.mark.slow
def test_auditing_and_scoring_talk_to_nobody(disk, tmp_path, monkeypatch):
    tried = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: tried.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *address, **hints: tried.append(address) or [])
    where = ["--members", disk / "members", "--held-out", disk / "held-out", "--timesteps", "40", "--output", tmp_path]
    assert run("audit", "--model", disk / "model", *where).exit_code == 0
    assert run("score", "--model", disk / "model", "--images", disk / "members").exit_code == 0
    assert tried == []


def test_score_gives_one_number_for_each_image(disk, tmp_path):
    path = tmp_path / "scores.csv"
    found = run("score", "--model", disk / "model", "--images", disk / "members", "--timestep", 60, "--output", path, "--json")
    assert found.exit_code == 0, found.output
    table = pd.read_csv(path)
    assert table["image"].tolist() == [f"{i:03}.png" for i in range(60)]
    assert json.loads(found.stdout)["059.png"] == pytest.approx(table["score"].iloc[-1])


@pytest.mark.slow
def test_score_takes_prompts_a_seed_and_a_device(disk):
    asked = ["score", "--model", disk / "model", "--images", disk / "members", "--attack", "loss", "--json"]
    first, other = (json.loads(run(*asked, "--seed", seed, "--device", "cpu").stdout) for seed in (0, 1))
    assert first.keys() == other.keys()
    assert first != other
    assert "has no captions" in run(*asked, "--prompts", "captions").output


@pytest.mark.parametrize("command", ["audit", "score"])
def test_an_output_that_cannot_be_written_is_one_line_before_anything_is_asked(disk, tmp_path, command):
    (tmp_path / "file").write_text("")
    folders = ["--members", disk / "members", "--held-out", disk / "held-out"]
    given = folders if command == "audit" else ["--images", disk / "members"]
    wrong = tmp_path / "file" if command == "audit" else tmp_path
    found = run(command, "--model", disk / "model", *given, "--output", wrong)
    assert found.exit_code == 1
    assert "--output" in found.output
    assert found.output.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_is_one_line_and_leaves_nothing(disk, tmp_path, monkeypatch):
    def full(*arguments, **named):
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "scores.npz"))

    monkeypatch.setattr("numpy.savez", full)
    where = ["--members", disk / "members", "--held-out", disk / "held-out", "--timesteps", "40", "--output", tmp_path / "out"]
    found = run("audit", "--model", disk / "model", *where)
    assert found.exit_code == 1
    assert "No space left on device: " in found.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_train_saves_a_pipeline_that_can_be_audited(tiny_recipe, tmp_path, monkeypatch):
    monkeypatch.setitem(zoo.BOOK_RECIPES, "tiny", tiny_recipe)
    found = run("train", "tiny", "--output", tmp_path, "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["recipe"] == "tiny"
    assert load_pipeline(tmp_path / "model").image_shape == (1, 8, 8)
    assert run("train", "tiny", "--output", tmp_path, "--restart", "--images").exit_code == 0
    split = load_digits()
    for name, images in (("members", split.members), ("held-out", split.held_out)):
        written = read_folder(tmp_path / name, (1, 8, 8), False)
        assert torch.allclose(written.images[:], images, atol=1 / 127)
    found = run("audit", *(w for n in ("model", "members", "held-out") for w in (f"--{n}", tmp_path / n)), "--output", tmp_path)
    assert found.exit_code == 0, found.output


@pytest.mark.slow
def test_what_a_private_run_promises_lies_beside_its_model(tiny_recipe, tmp_path, monkeypatch):
    private = PrivateRecipe(**asdict(tiny_recipe) | {"name": "tiny", "noise_multiplicity": 1, "batch_size": 8})
    monkeypatch.setitem(zoo.BOOK_RECIPES, "tiny", private)
    assert run("train", "tiny", "--steps", 2, "--output", tmp_path).exit_code == 0
    assert load_pipeline(tmp_path / "model").promise.epsilon == pytest.approx(private.claimed_epsilon(2), abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", zoo.BOOK_RECIPES)
def test_every_recipe_of_the_book_starts_and_holds_images_out(name, tmp_path):
    found = run("train", name, "--steps", 2, "--output", tmp_path, "--json")
    assert found.exit_code == 0, found.output
    assert 0.5 < json.loads(found.stdout)["loss"] < 2  # a network that has learned nothing yet
    split = listing.split_of(zoo.recipe(name))
    assert load_pipeline(tmp_path / "model").image_shape == split.image_shape
    assert not set(image_keys(split.members)) & set(image_keys(split.held_out))


@pytest.mark.slow
def test_a_run_stopped_early_goes_on_to_the_same_weights_and_not_back(tiny_recipe, tmp_path, monkeypatch):
    monkeypatch.setitem(zoo.BOOK_RECIPES, "tiny", tiny_recipe)
    for place, steps in (("parts", ["--steps", 3]), ("parts", []), ("whole", [])):
        assert run("train", "tiny", "--output", tmp_path / place, *steps).exit_code == 0
    parts, whole = (load_file(next((tmp_path / p / "model" / "unet").glob("*.safetensors"))) for p in ("parts", "whole"))
    assert all(torch.equal(parts[name], value) for name, value in whole.items())
    refused = run("train", "tiny", "--output", tmp_path / "parts", "--steps", 3)
    assert refused.exit_code == 1
    assert "has 6 steps behind it, more than the 3 wanted" in refused.output


def test_zoo_lists_every_recipe(monkeypatch):
    monkeypatch.setattr(listing, "BOOK_RECIPES", {"ddpm-digits": zoo.recipe("ddpm-digits")})
    monkeypatch.setattr(listing, "PAPER_RECIPES", {"cifar10-small": paper_recipes.PAPER_RECIPES["cifar10-small"]})
    rows = json.loads(run("zoo", "--json").stdout)
    assert [(row["recipe"], row["weights"]) for row in rows] == [("ddpm-digits", "yes"), ("cifar10-small", "no")]
    seconds = zoo.provenance("ddpm-digits")["seconds"]
    assert [row["measured"] for row in rows] == [f"{seconds} s, cpu", ""]
    assert "cifar10-small" in run("zoo").output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "nothing", "--output", "x"], "unknown recipe 'nothing'"),
        (["train", "ddpm-digits", "--data", "here", "--output", "x"], "leave out the data"),
        (["score", "--model", "nowhere", "--images", "nowhere"], "no model at nowhere"),
        (["audit", "--model", "nowhere", "--members", "a", "--held-out", "b", "--output", "x"], "no model at nowhere"),
        (["audit", "--model", "m", "--members", "a", "--held-out", "b", "--output", "x", "--device", "gpu"], "no device 'gpu'"),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(arguments, message):
    found = run(*arguments)
    assert found.exit_code == 1
    assert message in found.output
    assert "Traceback" not in found.output


# Which model, and how it is read


def test_scores_relative_to_a_base_stand_beside_the_others(disk, tmp_path):
    model = ["--model", disk / "model", "--base", disk / "model"]
    found = run("score", *model, "--images", disk / "members", "--output", tmp_path / "s.csv")
    assert found.exit_code == 0, found.output
    table = pd.read_csv(tmp_path / "s.csv")
    assert list(table) == ["image", "score", "relative"]
    assert table["relative"].abs().max() == 0


def test_size_and_precision_decide_the_scores(disk):
    score = ["score", "--model", disk / "model", "--images", disk / "members", "--json"]
    plain, coarse, large = (json.loads(run(*score, *more).stdout) for more in ([], ["--dtype", "bfloat16"], ["--size", "16x8"]))
    assert coarse == pytest.approx(plain, rel=0.05)
    assert coarse != plain
    assert large != pytest.approx(plain, rel=0.01)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--size", "8x"], "neither like 512 nor, as HEIGHTxWIDTH, like 512x768"),
        (["--size", "7"], "multiples of"),
        (["--lora", "nowhere.safetensors"], "no LoRA at nowhere.safetensors"),
        (["--base", "nowhere"], "no model at nowhere"),
        (["--prompts", "a photo"], "takes no prompts"),
        (["--prompts", " "], "holds no prompt"),
        (["--variant", "fp16"], "no weights of the variant fp16"),
    ],
)
def test_what_the_model_is_not_is_one_line(disk, options, message):
    found = run("score", "--model", disk / "model", "--images", disk / "members", *options)
    assert found.exit_code != 0
    assert message in found.output
    assert "Traceback" not in found.output
