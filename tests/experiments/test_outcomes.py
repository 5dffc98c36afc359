"""What is kept of an experiment comes back whole, and only if it is that experiment's."""

import json
from dataclasses import replace

import numpy as np
import pytest

from helpers.evaluation.results import Row
from helpers.experiments.outcomes import OUTCOMES, Outcome, is_done, load_outcome, read_outcome, save_outcome
from helpers.training import experiment_recipes
from helpers.training.experiment_recipes import EXPERIMENT_GROUPS

NAME = "beta-1e-2-seed-0"
EXPERIMENT = experiment_recipes.experiment(NAME)


def outcome(**about):
    draw = np.random.default_rng(0)
    rows = {
        ("SimA", "mean"): Row(draw.normal(size=300), draw.normal(size=290), 40, 1),
        ("SimA", "sample"): Row(draw.normal(size=300), draw.normal(size=290), 60, 1),
        ("data only", "mean"): Row(draw.normal(size=300), draw.normal(size=290), None, 0),
    }
    pictures = {kind: draw.integers(0, 256, (4, 16, 16), dtype=np.uint8) for kind in ("originals", "samples")}
    about = {"experiment": EXPERIMENT.to_json(), "version": "0", "failed": "", "seconds": 3, **about}
    return Outcome(about, rows, {"psnr": 20.5, "frechet": 1e-3}, pictures)


@pytest.fixture
def path(tmp_path):
    return save_outcome(NAME, outcome(), tmp_path)


def test_an_outcome_comes_back_as_it_was_saved(path):
    kept, loaded = outcome(), load_outcome(NAME, path.parent)
    assert (loaded.about, loaded.quality) == (kept.about, kept.quality)
    assert list(loaded.rows) == list(kept.rows)
    for key, row in kept.rows.items():
        assert np.array_equal(loaded.rows[key].members, row.members.astype(np.float32))
        assert np.array_equal(loaded.rows[key].held_out, row.held_out.astype(np.float32))
        assert (loaded.rows[key].timestep, loaded.rows[key].queries) == (row.timestep, row.queries)
    assert loaded.pictures.keys() == kept.pictures.keys()
    assert all(np.array_equal(loaded.pictures[k], kept.pictures[k]) for k in kept.pictures)
    assert loaded.pictures["samples"].dtype == np.uint8


def test_a_failed_run_comes_back_with_its_reason_and_nothing_else(tmp_path):
    about = {"experiment": EXPERIMENT.to_json(), "failed": "the discriminator gave up"}
    save_outcome(NAME, Outcome(about), tmp_path)
    loaded = load_outcome(NAME, tmp_path)
    assert loaded.failed == "the discriminator gave up"
    assert (loaded.rows, loaded.quality, loaded.pictures) == ({}, {}, {})
    assert is_done(NAME, tmp_path)
    assert outcome().failed == ""


def test_nothing_temporary_is_left_and_the_folder_need_not_be_there(tmp_path):
    written = save_outcome(NAME, outcome(), tmp_path / "new" / "folder")
    assert list((tmp_path / "new" / "folder").iterdir()) == [written]
    assert written.name == f"{NAME}.npz"


def test_an_outcome_is_replaced_by_the_next(path):
    save_outcome(NAME, outcome(seconds=9), path.parent)
    assert load_outcome(NAME, path.parent).about["seconds"] == 9


def test_a_missing_outcome_says_how_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=rf"no scores of {NAME} at .*{NAME}\.npz; run `make retrain RECIPE={NAME}`"):
        load_outcome(NAME, tmp_path)
    assert not is_done(NAME, tmp_path)


def test_missing_scores_of_a_study_say_how_to_run_it():
    with pytest.raises(FileNotFoundError, match=r"run `python -m helpers maintain study inversion`"):
        load_outcome("beta-1e1-seed-0", OUTCOMES / "inversion")


def test_an_unknown_experiment_is_refused(path):
    with pytest.raises(ValueError, match="unknown experiment 'nothing'"):
        load_outcome("nothing", path.parent)


def test_the_outcome_of_another_recipe_is_refused(path, monkeypatch):
    changed = replace(EXPERIMENT, autoencoder=replace(EXPERIMENT.autoencoder, steps=7))
    monkeypatch.setitem(experiment_recipes.EXPERIMENTS, NAME, changed)
    with pytest.raises(ValueError, match=rf"belong to another recipe \(.*\"steps\": 1200.*run `make retrain RECIPE={NAME}`"):
        load_outcome(NAME, path.parent)
    assert not is_done(NAME, path.parent)


def test_the_outcome_of_another_experiment_is_refused(path):
    other = EXPERIMENT_GROUPS["pixels"][0].name
    path.rename(path.with_name(f"{other}.npz"))
    with pytest.raises(ValueError, match="belong to another recipe"):
        load_outcome(other, path.parent)


def refused(path):
    with pytest.raises(ValueError, match=rf"{NAME}\.npz are corrupted \(.*\); run `make retrain RECIPE={NAME}`"):
        load_outcome(NAME, path.parent)
    assert not is_done(NAME, path.parent)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 half of one"])
def test_what_is_no_archive_is_refused(path, content):
    path.write_bytes(content)
    refused(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_file_is_refused(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refused(path)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_damaged_file_is_refused(path, share):
    content = bytearray(path.read_bytes())
    start = int(share * len(content))
    content[start : start + 40] = bytes(40)
    path.write_bytes(content)
    refused(path)


def test_a_file_that_cannot_be_decompressed_is_refused(path):
    content = bytearray(path.read_bytes())
    name, extra = (int.from_bytes(content[i : i + 2], "little") for i in (26, 28))
    content[30 + name + extra] = 7  # a block of a type that there is not
    path.write_bytes(content)
    refused(path)


BAD_TEXTS = [
    {"rows": [["SimA", "mean"]]},
    *({"rows": None}, {"about": {}}, {"about": None}),
]


def rewritten(path, drop=(), **changes):
    with np.load(path) as stored:
        arrays = {key: stored[key] for key in stored.files if key not in drop}
    text = json.loads(str(arrays["text"])) if "text" in arrays else {}
    np.savez_compressed(path, **arrays | ({"text": json.dumps(text | changes)} if changes else {}))


@pytest.mark.parametrize("missing", ["text", "scores.0.0", "scores.2.1"])
def test_a_file_without_one_of_its_parts_is_refused(path, missing):
    rewritten(path, drop=[missing])
    refused(path)


@pytest.mark.parametrize("changes", BAD_TEXTS)
def test_a_file_with_another_text_is_refused(path, changes):
    rewritten(path, **changes)
    refused(path)


def test_pickles_are_refused(path):
    np.savez(path, text=np.array([object()]))
    refused(path)


def test_an_outcome_is_read_whatever_its_recipe_and_one_that_does_not_name_it_is_refused(path):
    save_outcome(NAME, outcome(experiment="another"), path.parent)
    assert read_outcome(path).about["experiment"] == "another"
    np.savez(path, text=json.dumps({"about": {}, "rows": [], "quality": {}}))
    with pytest.raises(ValueError, match=r"are corrupted \('experiment'\); make them anew"):
        read_outcome(path)
