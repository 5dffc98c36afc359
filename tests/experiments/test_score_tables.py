"""The files to download hold what their dictionary says, and give the chapters' figures."""

import csv
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.experiments import score_tables
from helpers.experiments.league import stored
from helpers.experiments.outcomes import OUTCOMES
from helpers.experiments.over_seeds import collect
from helpers.experiments.score_tables import DICTIONARY, NEGATIVE, TABLES, ZIP, write_tables
from helpers.training.experiment_recipes import SEEDS, experiment

SMALL = tuple(table for table in TABLES if table.name in ("league", "which"))


@pytest.fixture(scope="module")
def some(tmp_path_factory):
    """The folder of two small files, and what was said of them."""
    folder = tmp_path_factory.mktemp("some")
    return folder, write_tables(folder, SMALL)


@pytest.fixture(scope="module")
def all_of_it(tmp_path_factory):
    folder = tmp_path_factory.mktemp("all")
    return folder, write_tables(folder)


def auc(scores, attack):
    """From ranks, as the page shows it."""
    ranks, member = scores[attack].rank(), scores["member"] == 1
    n, m = member.sum(), (~member).sum()
    return (ranks[member].sum() - n * (n + 1) / 2) / (n * m)


def check(folder, written, tables):
    with (folder / DICTIONARY).open(newline="", encoding="utf-8") as file:
        words = list(csv.DictReader(file))
    for table in tables:
        frame = pd.read_csv(folder / f"{table.name}.csv", keep_default_na=False, na_values=[""], dtype={"setting": str})
        said = {word["column"]: word for word in words if word["file"] == f"{table.name}.csv"}
        assert [*frame] == [*said] == written[table.name]["columns"]
        assert len(frame) == written[table.name]["rows"] > 100
        assert (folder / f"{table.name}.csv").stat().st_size == written[table.name]["bytes"]
        for name, word in said.items():
            assert word["may be empty"] == "yes" or frame[name].notna().all(), (table.name, name)
            assert word["meaning"]
            assert word["values"]
            if NEGATIVE in word["values"]:
                assert frame[name].max() <= 0, (table.name, name)
            elif word["values"].startswith("0 to 1"):
                assert frame[name].dropna().between(0, 999 if name == "timestep" else 1).all(), (table.name, name)
        if {"member", "image"} <= {*frame}:
            assert {*frame["member"]} == {0, 1}
            keys = [name for name in ("model", "run", "seed", "setting", "member", "image") if name in frame]
            assert not frame.duplicated(keys).any()
    assert {word["file"] for word in words} == {f"{table.name}.csv" for table in tables}


def test_files_and_their_dictionary_agree(some):
    check(*some, SMALL)


def test_an_auc_of_the_league_is_that_of_the_chapter(some):
    frame = pd.read_csv(some[0] / "league.csv")
    league = stored()
    for model, attack in (("ddpm-digits", "SimA"), ("ddpm-fashion-late", "PIA"), ("ddpm-digits-early", "LiRA")):
        ours = auc(frame[frame["model"] == model], attack)
        assert str(league.rows[model, attack].report.auc).startswith(f"{ours:.3f} [")


def test_the_zip_holds_the_files_their_dictionary_and_the_licence(some):
    folder, written = some
    with zipfile.ZipFile(folder / ZIP) as archive:
        assert {*archive.namelist()} == {"league.csv", "which.csv", DICTIONARY, "LICENCE.txt"}
        assert archive.read("league.csv") == (folder / "league.csv").read_bytes()
        assert b"CC BY 4.0" in archive.read("LICENCE.txt")
    assert written["zip"]["bytes"] == (folder / ZIP).stat().st_size


def test_every_file_of_scores_is_in_a_table():
    read = {path for pattern in score_tables.PATTERNS.values() for path in OUTCOMES.glob(pattern)}
    assert {*OUTCOMES.rglob("*.npz")} - read - {*(OUTCOMES / "league").glob("*.npz")} == set()


def test_every_chapter_that_is_named_is_there():
    chapters = {path.stem for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb")}
    assert {name for table in TABLES for name in table.chapters} <= chapters


@pytest.mark.slow
def test_all_files_and_their_dictionary_agree_and_the_zip_is_small(all_of_it):
    check(*all_of_it, TABLES)
    assert all_of_it[1]["zip"]["bytes"] < 16e6


@pytest.mark.slow
def test_aucs_over_seeds_are_those_of_the_chapters(all_of_it):
    frame = pd.read_csv(all_of_it[0] / "latents.csv").query("run == 'beta-1e-1' and setting == 'mean'")
    ours = [auc(runs, "SimA") for _, runs in frame.groupby("seed")]
    assert np.allclose(ours, collect(experiment(f"beta-1e-1-seed-{seed}") for seed in SEEDS)["AUC"], atol=5e-6)
    results = pd.read_csv(all_of_it[0] / "results.csv").query("file == 'latents' and run == 'beta-1e-1'")
    assert np.allclose(results.query("attack == 'SimA' and setting == 'mean'")["AUC"], ours, atol=5e-6)
