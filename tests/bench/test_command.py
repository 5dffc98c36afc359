"""The command that measures a GPU runs on a processor, too, and names what it leaves out."""

import json
import os
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.bench import processes, training_runs, wheels
from helpers.bench.command import SECTIONS, chosen
from helpers.bench.devices import moved, training_on
from helpers.bench.machine import commit, precision
from helpers.bench.results import Context
from helpers.zoo.pixel_models import load

ROOT = Path(__file__).parents[2]
CPU = torch.device("cpu")


def bench(*arguments):
    return CliRunner().invoke(main, ["bench-gpu", "--device", "cpu", *map(str, arguments)])


@pytest.mark.slow
def test_every_section_has_a_result_or_says_what_it_left_out(tmp_path):
    done = bench("--minutes", 0.4, "--output", tmp_path / "gpu.json")
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "gpu.json").read_text())
    assert found["device"]["type"] == "cpu"
    assert found["versions"]["torch"] == torch.__version__
    assert list(found["sections"]) == [section.name for section in SECTIONS]
    for results in found["sections"].values():
        entries = [entry for name, entry in results.items() if name != "seconds"]
        assert entries
        assert [entry for entry in entries if not entry or "error" in entry] == []
    assert found["sections"]["correctness"]["ddpm-digits"]["float32, largest relative difference"] == 0
    peak = found["sections"]["throughput"]["peak, float32"]
    assert peak.get("left out") or peak["TFLOP/s"] > 0  # a busy machine has no time left for it
    assert found["sections"]["throughput"]["text to image"]["left out"]
    assert found["sections"]["processes"]["one process a card"]["left out"]


def test_a_part_can_be_asked_for(tmp_path):
    assert bench("--section", "processes", "--output", tmp_path / "a.json").exit_code == 0
    assert list(json.loads((tmp_path / "a.json").read_text())["sections"]) == ["processes"]
    with pytest.raises(ValueError, match="unknown section x; there are correctness"):
        chosen(["x"])


@pytest.mark.slow
def test_it_needs_nothing_that_only_the_book_needs(tmp_path):
    absent = ("datasets", "anywidget", "ipywidgets", "IPython", "seaborn", "jupyter_book", "the_denoiser_remembers")
    blocked = "".join(f"sys.modules[{name!r}] = None; " for name in absent)
    code = f"import sys; {blocked}from helpers.__main__ import main; main(sys.argv[1:])"
    arguments = ["bench-gpu", "--device", "cpu", "--section", "processes", "--output", tmp_path / "a.json"]
    subprocess.run([sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, check=True, capture_output=True)


def test_what_is_missing_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "requests", None)  # which says that it is not there
    done = bench("--minutes", 0.1)
    assert done.exit_code == 1
    assert "requests missing" in done.output
    assert "make gpu-bundle" in done.output


def test_training_takes_the_device_that_it_is_given():
    with training_on(torch.device("meta")):
        assert Accelerator().device.type == "meta"
    assert Accelerator().device.type != "meta"
    assert "ACCELERATE_TORCH_DEVICE" not in os.environ


def test_a_moved_model_is_a_copy():
    denoiser = load("ddpm-digits")
    other = moved(denoiser, torch.device("meta"))
    assert (denoiser.unet.device.type, other.unet.device.type) == ("cpu", "meta")


def test_precision_is_as_it_was_afterwards():
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    with precision("TF32", CPU):
        assert (torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32) == ("high", True)
    with precision("float32", CPU):
        assert (torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32) == ("highest", False)
    with precision("bfloat16", CPU):
        assert torch.ones(2, 2).matmul(torch.ones(2, 2)).dtype == torch.bfloat16
    assert (torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32) == before
    with pytest.raises(ValueError, match="float16"), precision("float16", CPU):
        pass


def test_a_run_in_stretches_ends_where_one_without_ends(tiny_recipe, tiny_images, tmp_path):
    recipe, context = replace(tiny_recipe, steps=6), Context(CPU, tmp_path)
    found = training_runs.in_stretches(recipe, tiny_images, context, lambda denoiser: {"AUC": 0.5}, first=2, stretches=3)
    assert list(found["by steps"]) == [2, 4, 6]
    assert found["steps"] == found["of"] == 6
    whole = training_runs.train_denoiser(recipe, tiny_images, progress=False)
    assert found["final loss"] == pytest.approx(sum(whole.losses) / 6)


def test_a_run_without_time_stops_after_its_first_stretch(tiny_recipe, tiny_images, tmp_path):
    context = Context(CPU, tmp_path, deadline=0.0)
    found = training_runs.in_stretches(tiny_recipe, tiny_images, context, lambda denoiser: {"AUC": 0.5}, first=2)
    assert (found["steps"], found["of"]) == (2, 6)


@pytest.mark.slow
def test_a_latent_run_has_an_auc(tmp_path):
    small = {"channels": (8, 8), "norm_groups": 2, "batch_size": 4, "steps": 2}
    recipes = (replace(recipe, **small) for recipe in (training_runs.AUTOENCODER, training_runs.LATENT_RECIPE))
    found = training_runs.latent_fashion(Context(CPU, tmp_path), *recipes, few=6)
    assert 0 <= found["low"] <= found["AUC"] <= found["high"] <= 1
    assert found["autoencoder, squared error"] > 0


@pytest.mark.slow
def test_two_processes_measure_together():
    settings = {"BENCH_SMALL": "1", "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    found = processes.launch(2, 300, **settings)
    assert len(found["losses"]) == 2
    assert len(found["scores"]) == 1024
    same = processes.compared(found, found, 2)
    assert same["losses apart"] == same["scores apart"] == 0
    assert same["scoring, efficiency"] == 0.5


@pytest.mark.slow
def test_a_bundle_holds_the_commit_and_leaves_the_book_behind(tmp_path):
    path = wheels.pack(tmp_path / "bundle.tar.gz", carried=())
    with tarfile.open(path) as tar:
        tar.extractall(tmp_path, filter="data")
    project = tmp_path / "project"
    assert commit(project) == (project / "COMMIT").read_text().strip()
    assert (project / "helpers" / "zoo" / "committed" / "ddpm-digits.safetensors").exists()
    assert [name for name in wheels.LEFT_BEHIND if not (ROOT / name).exists()] == []
    assert [name for name in wheels.LEFT_BEHIND if (project / name).exists()] == []


@pytest.mark.slow
def test_a_bundle_that_is_too_large_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at most 1 MiB may travel"):
        wheels.pack(tmp_path / "bundle.tar.gz", carried=(), limit=2**20)
    assert not (tmp_path / "bundle.tar.gz").exists()
