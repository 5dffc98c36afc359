"""Widgets refuse what they could not draw. What they draw is tested in a browser."""

import json
from dataclasses import replace
from functools import cached_property

import numpy as np
import pandas as pd
import pytest
import torch

from helpers.attacks import PIA, Loss, ReDiffuse, SecMI, SimA
from helpers.data.catalogue import load_digits, load_fashion
from helpers.data.emoji import CaptionedSplit, Words
from helpers.data.splits import LabelledPart, MembershipSplit
from helpers.evaluation.metrics import METRICS, Estimate, evaluate
from helpers.evaluation.results import League, Row
from helpers.experiments.outcomes import Outcome
from helpers.experiments.over_seeds import summarise
from helpers.experiments.prompted import parts_of
from helpers.experiments.published import PUBLISHED, mean_ranks, wide
from helpers.experiments.told_outcomes import ToldRuns
from helpers.models.autoencoders import AutoencoderRecipe, build_autoencoder
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.denoisers import UNetDenoiser
from helpers.models.latent import LatentDenoiser
from helpers.models.schedule import add_noise, linear_scheduler
from helpers.models.text_to_image import word_tokenizer
from helpers.training.emoji_recipes import public_pictures, split_of_seed
from helpers.training.paper_recipes import PAPER_RECIPES, cost
from helpers.training.recipes import Recipe, build_unet
from helpers.widgets import (
    AlongThePath,
    AttackViewer,
    Budget,
    DrawAndScore,
    FineTunes,
    ForwardProcess,
    Frontier,
    HowManyPictures,
    KernelPlayground,
    LatentWalk,
    LeagueTable,
    NearestOfN,
    PromptPlayground,
    PublishedTable,
    ReverseProcess,
    ShiftSlider,
    StoppedTraining,
    TimestepExplorer,
    TrainingScrubber,
    WhoIsRemembered,
)
from helpers.widgets.packing import unpack
from helpers.widgets.prompt import CONDITIONS, drawn_from
from helpers.widgets.ranks import doubled_ranks
from helpers.widgets.stopped import COLUMNS as STOPPED_COLUMNS
from helpers.widgets.vocabulary import vocabulary
from helpers.zoo import latent_models
from helpers.zoo.told_models import load_told

SPLIT_8 = load_digits(members=20, held_out=20)


def test_the_forward_process_refuses_bad_images():
    with pytest.raises(ValueError, match=r"must have shape \(n, c, h, w\)"):
        ForwardProcess(torch.zeros(8, 8))


def test_a_timestep_outside_the_schedule_is_refused():
    with pytest.raises(ValueError, match=r"timestep must be in \[0, 1000\), got 1000"):
        ForwardProcess(torch.zeros(1, 1, 8, 8), timestep=1000)
    with pytest.raises(ValueError, match=r"timestep must be in \[0, 1000\), got -1"):
        KernelPlayground(torch.zeros(1, 2), torch.zeros(1, 2), timestep=-1)


@pytest.mark.parametrize(
    ("points", "message"),
    [(torch.zeros(3, 3), r"points must have shape \(n, 2\)"), (torch.full((3, 2), 2.0), r"points must lie in \[-1, 1\]")],
)
def test_the_playground_refuses_points_that_are_not_in_the_plane(points, message):
    with pytest.raises(ValueError, match=message):
        KernelPlayground(points, torch.zeros(1, 2))


def test_the_explorer_refuses_bad_timesteps():
    split = load_digits()
    denoiser = EmpiricalDenoiser(split.members[:10])
    with pytest.raises(ValueError, match=r"timestep must be in \[0, 1000\), got 1000"):
        TimestepExplorer(denoiser, split, [50, 1000], progress=False)
    with pytest.raises(ValueError, match="hold the starting timestep 50"):
        TimestepExplorer(denoiser, split, [10, 20], progress=False)
    with pytest.raises(ValueError, match="at least 2, rising"):
        TimestepExplorer(denoiser, split, [50, 20], progress=False)


def test_the_explorer_refuses_images_that_it_cannot_draw():
    colour = MembershipSplit(torch.zeros(2, 3, 4, 4), torch.ones(2, 3, 4, 4))
    with pytest.raises(ValueError, match=r"grey square images \(n, 1, h, h\), got \(n, 3, 4, 4\)"):
        TimestepExplorer(EmpiricalDenoiser(colour.members), colour, [10, 50], progress=False)


def test_the_reverse_process_shows_each_step_of_a_short_path_and_some_of_a_long_one():
    denoiser = EmpiricalDenoiser(SPLIT_8.members)
    widget = ReverseProcess({"closed form": denoiser}, SPLIT_8.members, steps=(4, 50), seeds=(0,))
    assert widget.timesteps[0] == [999, 749, 499, 249]
    assert widget.shown == [[0, 1, 2, 3, 4], list(range(0, 51, 2))]
    assert widget.alphas_cumprod[0] == pytest.approx([*denoiser.alphas_cumprod[[999, 749, 499, 249]].tolist(), 1], abs=1e-7)
    assert size_of(widget) < 30_000
    assert set(widget.neighbour_names) <= {f"a {digit}" for digit in range(10)} | {"an 8"}


def test_the_reverse_process_refuses_what_it_cannot_walk():
    denoiser, images = EmpiricalDenoiser(SPLIT_8.members), SPLIT_8.members
    short = EmpiricalDenoiser(images, linear_scheduler(500).alphas_cumprod)
    with pytest.raises(ValueError, match="all on one schedule, got a, b"):
        ReverseProcess({"a": denoiser, "b": short}, images)
    with pytest.raises(ValueError, match="all on one schedule, got none"):
        ReverseProcess({}, images)
    with pytest.raises(ValueError, match=r"at least 2 grey square images \(n, 1, h, h\), got \(2, 3, 4, 4\)"):
        ReverseProcess({"a": denoiser}, torch.zeros(2, 3, 4, 4))
    with pytest.raises(ValueError, match=r"steps must rise.*got steps \[20, 4\]"):
        ReverseProcess({"a": denoiser}, images, steps=(20, 4))
    with pytest.raises(ValueError, match=r"steps must be in \[1, 1000\], got 2000"):
        ReverseProcess({"a": denoiser}, images, steps=(2000,))


def test_the_scrubber_refuses_probes_without_norms():
    with pytest.raises(ValueError, match="missing: all"):
        TrainingScrubber([])
    with pytest.raises(ValueError, match=r"missing: \['members', 'held_out'\]"):
        TrainingScrubber([{"step": 1, "auc": 0.5}])


def size_of(widget):
    """Bytes of the widget's data on a page, its script and style left out; a page holds bytes in base64."""
    state = {name: value for name, value in widget.get_state().items() if not name.startswith("_") and name != "layout"}
    return sum(len(value) * 4 / 3 if isinstance(value, bytes) else len(json.dumps(value)) for value in state.values())


class FewDraws(Row):
    """A row whose intervals come from a few draws, so that a test need not wait for them."""

    @cached_property
    def report(self):
        return evaluate(self.members, self.held_out, bootstrap=20)


def a_league(models=("early", "late"), attacks=("SimA", "PIA", "Loss"), images=(30, 40), row=Row):
    rng = np.random.default_rng(0)
    rows = {
        (model, attack): row(rng.normal(0.3 * (i + j), 1, images[0]), rng.normal(0, 1, images[1]), 60, j + 1)
        for i, model in enumerate(models)
        for j, attack in enumerate(attacks)
    }
    return League(rows)


def test_ranks_keep_order_and_ties():
    ranks = doubled_ranks([0.5, -np.inf], [0.5, 7.0])
    assert ranks.dtype == np.uint16
    assert ranks.tolist() == [5, 2, 5, 8]
    with pytest.raises(ValueError, match="member_scores holds 1 NaN"):
        doubled_ranks([np.nan], [0.0])
    with pytest.raises(ValueError, match=r"at most 32767 images can be drawn, got 40000"):
        doubled_ranks(np.zeros(20_000), np.zeros(20_000))


def test_the_league_table_holds_the_figures_of_the_league():
    league = a_league()
    table = LeagueTable(league)
    against = league.against().set_index(["model", "attack", "metric"])
    ranks = np.frombuffer(table.ranks, np.uint16).reshape(2, 3, 70)
    for i, model in enumerate(table.models):
        assert table.images[i] == [30, 40]
        for j, attack in enumerate(table.attacks):
            row = league.rows[model, attack]
            assert table.queries[i][j] == row.queries
            assert evaluate(ranks[i, j, :30], ranks[i, j, 30:], bootstrap=0).auc == pytest.approx(float(row.report.auc))
            for k, metric in enumerate(METRICS):
                assert table.estimates[i][j][k] == pytest.approx(row.report.estimate(metric).triple, abs=1e-4)
                if attack != "SimA":
                    *numbers, verdict = table.differences[i][j][k]
                    expected = against.loc[(model, attack, metric)]
                    assert numbers == pytest.approx(expected[["difference", "low", "high", "p"]].tolist(), abs=1e-4)
                    assert verdict == expected["verdict"]
    assert table.differences[0][table.baseline] == []
    assert table.attacks[table.baseline] == "SimA"


def test_the_league_table_starts_at_the_strongest_of_the_others():
    league = a_league()
    aucs = {attack: league.rows["early", attack].report.auc for attack in ("PIA", "Loss")}
    table = LeagueTable(league)
    assert table.attacks[table.start] == max(aucs, key=aucs.get)


def test_a_full_league_stays_small_on_a_page():
    models, attacks = [f"model-{i}" for i in range(6)], ["SimA", *(f"attack {i}" for i in range(13))]
    assert size_of(LeagueTable(a_league(models, attacks, (300, 300), FewDraws))) < 400_000


def test_the_published_table_holds_every_figure_of_each_group_and_no_other_attack():
    ours = a_league(attacks=("SimA", "GSA", "PIA", "SecMI", "PFAMI", "Loss"), row=FewDraws).estimates()
    table = PublishedTable({"there": PUBLISHED, "here": ours})
    assert [group["title"] for group in table.groups] == ["there", "here"]
    assert [len(group["models"]) for group in table.groups] == [12, 2]
    for group, figures in zip(table.groups, (PUBLISHED, ours), strict=True):
        assert np.shape(group["values"]) == (3, len(group["models"]), 5)
        for metric, values, ranks in zip(table.metrics, group["values"], group["ranks"], strict=True):
            assert np.allclose(values, wide(figures, metric), atol=1e-4)
            assert np.allclose(ranks, mean_ranks(figures, metric), atol=0.01)


def test_the_published_table_refuses_figures_without_one_of_its_attacks():
    with pytest.raises(ValueError, match="must have AUC of SimA, PIA, SecMI, PFAMI, Loss for every model"):
        PublishedTable({"here": PUBLISHED[PUBLISHED["attack"] != "PIA"]})


def test_the_league_table_refuses_a_league_that_cannot_be_compared():
    with pytest.raises(ValueError, match="needs SimA and an attack to hold against it, got PIA, Loss"):
        LeagueTable(a_league(attacks=("PIA", "Loss")))
    rows = dict(a_league().rows)
    rows["late", "Loss"] = replace(rows["late", "Loss"], members=np.zeros(29))
    with pytest.raises(ValueError, match="must have scored the same images"):
        LeagueTable(League(rows))


@pytest.fixture(scope="module")
def viewed():
    split = load_digits()
    denoiser = EmpiricalDenoiser(split.members[:50])
    pair = torch.cat([split.members[:1], split.held_out[:1]])
    return denoiser, pair, AttackViewer(denoiser, pair, [0, 60, 100])


SIZES = {
    "Loss": (Loss, lambda v: v.square().sum()),
    "SecMI": (SecMI, lambda v: v.square().sum()),
    "PIA": (PIA, lambda v: v.pow(4).sum()),
    "ReDiffuse": (ReDiffuse, lambda v: v.norm()),
    "SimA": (SimA, lambda v: v.pow(4).sum()),
}


@pytest.mark.parametrize("name", SIZES)
def test_the_viewer_holds_each_score_and_the_picture_whose_size_it_is(viewed, name):
    denoiser, pair, viewer = viewed
    i = viewer.attacks.index(name)
    differences = torch.frombuffer(bytearray(viewer.differences), dtype=torch.float32).reshape(5, 3, 2, 8, 8)
    attack, size = SIZES[name]
    for j, timestep in enumerate(viewer.timesteps):
        asked = attack(timestep=timestep)
        assert viewer.queries[i][j] == asked.queries
        for k in range(2):
            expected = asked.score(denoiser, pair[k : k + 1]).item()
            assert viewer.scores[i][j][k] == pytest.approx(expected, rel=1e-3, abs=1e-7)
            assert viewer.scores[i][j][k] == pytest.approx(-size(differences[i, j, k]).item(), rel=1e-3, abs=1e-7)


def test_the_viewer_asks_both_images_with_the_same_noise(viewed):
    denoiser, pair, viewer = viewed
    asked = torch.frombuffer(bytearray(viewer.asked), dtype=torch.uint8).reshape(5, 3, 2, 8, 8) / 127.5 - 1
    i, j = viewer.attacks.index("Loss"), viewer.timesteps.index(100)
    noise = torch.randn(pair.shape[1:], generator=torch.Generator().manual_seed(0))
    expected = add_noise(pair, noise.expand_as(pair), 100, denoiser.alphas_cumprod).clamp(-1, 1)
    assert torch.allclose(asked[i, j], expected[:, 0], atol=0.005)
    assert torch.allclose(asked[viewer.attacks.index("SimA"), j], pair[:, 0], atol=0.005)


def test_the_viewer_of_the_chapter_stays_small_on_a_page(viewed):
    _, _, viewer = viewed
    assert size_of(viewer) * 31 / 3 < 200_000


@pytest.mark.parametrize(
    ("images", "timesteps", "message"),
    [
        (torch.zeros(3, 1, 8, 8), [0, 10], r"\(2, 1, h, h\), got \(3, 1, 8, 8\)"),
        (torch.zeros(2, 3, 8, 8), [0, 10], r"\(2, 1, h, h\), got \(2, 3, 8, 8\)"),
        (torch.full((2, 1, 8, 8), 2.0), [0, 10], r"pair must lie in \[-1, 1\]"),
        (torch.zeros(2, 1, 8, 8), [10], "at least 2, rising, multiples of 10"),
        (torch.zeros(2, 1, 8, 8), [20, 10], "at least 2, rising, multiples of 10"),
        (torch.zeros(2, 1, 8, 8), [0, 15], "at least 2, rising, multiples of 10"),
        (torch.zeros(2, 1, 8, 8), [0, 990], r"timestep must be in \[0, 1000\), got 1000: SecMI needs it"),
        (torch.zeros(2, 1, 8, 8), [-10, 0], r"timestep must be in \[0, 1000\), got -10"),
    ],
)
def test_the_viewer_refuses_what_it_cannot_draw(images, timesteps, message):
    with pytest.raises(ValueError, match=message):
        AttackViewer(EmpiricalDenoiser(torch.zeros(1, 1, 8, 8)), images, timesteps)


def shifted(shares=(0, 0.5), curves=("data only", "SimA"), k=2):
    rng = np.random.default_rng(0)
    scores = {name: [(rng.normal(s, 1, 20), rng.normal(0, 1, 30)) for s in shares] for name in curves}
    return list(shares), scores, torch.zeros(len(shares), k, 1, 8, 8)


def test_the_shift_slider_holds_what_evaluate_says():
    shares, curves, examples = shifted()
    examples[1] = 1
    slider = ShiftSlider(shares, curves, examples)
    ranks = np.frombuffer(slider.ranks, np.uint16).reshape(2, 2, 50)
    for i, name in enumerate(slider.curves):
        for j in range(2):
            expected = evaluate(*curves[name][j], bootstrap=500).auc
            assert slider.auc[i][j] == pytest.approx(expected.triple, abs=1e-4)
            assert evaluate(ranks[i, j, :20], ranks[i, j, 20:], bootstrap=0).auc == pytest.approx(float(expected))
            assert slider.sizes[i][j] == [20, 30]
    assert np.frombuffer(slider.examples, np.uint8).reshape(2, 2, 64)[:, 0, 0].tolist() == [128, 255]
    assert size_of(slider) < 10_000


def test_the_shift_slider_takes_tensors():
    shares, curves, examples = shifted()
    tensors = {name: [tuple(map(torch.tensor, pair)) for pair in pairs] for name, pairs in curves.items()}
    assert ShiftSlider(shares, tensors, examples).auc == ShiftSlider(shares, curves, examples).auc


def test_the_shift_slider_refuses_what_it_cannot_draw():
    shares, curves, examples = shifted()
    for wrong in ([0.5], [0.5, 0], [-1, 0], [0, np.inf]):
        with pytest.raises(ValueError, match="shares must be at least 2, rising, in \\[0, 1\\]"):
            ShiftSlider(wrong, curves, examples)
    with pytest.raises(ValueError, match="curves must hold 1 to 3 attacks, got 0"):
        ShiftSlider(shares, {}, examples)
    with pytest.raises(ValueError, match=r"'SimA' must hold one pair of scores a share \(2\), got 1"):
        ShiftSlider(shares, curves | {"SimA": curves["SimA"][:1]}, examples)
    with pytest.raises(ValueError, match="held_out_scores holds 30 NaN"):
        ShiftSlider(shares, {"SimA": [(m, h * np.nan) for m, h in curves["SimA"]]}, examples)
    with pytest.raises(ValueError, match=r"examples must have shape \(2, k, 1, h, h\), got \(3, 2, 1, 8, 8\)"):
        ShiftSlider(shares, curves, torch.zeros(3, 2, 1, 8, 8))
    with pytest.raises(ValueError, match=r"examples must lie in \[-1, 1\]"):
        ShiftSlider(shares, curves, examples + 2)


def a_summary(settings=3, columns=("AUC", "TPR at 1% FPR", "frechet", "psnr")):
    runs = pd.DataFrame(
        [{"setting": i, "failed": "", **{c: 0.5 + 0.1 * k for c in columns}} for i in range(settings) for k in range(2)]
    )
    return summarise(runs, "setting", columns)


def an_outcome(failed=""):
    rng = np.random.default_rng(0)
    row = Row(-rng.random(30), -rng.random(30), 40, 1)
    pictures = {"originals": np.zeros((16, 8, 8), np.uint8), "samples": np.ones((16, 8, 8), np.uint8)}
    return Outcome({"failed": failed}, {("SimA", "mean"): row}, {}, pictures)


NAMES = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((a_summary(1), [an_outcome()], ["a"]), "at least 2 settings"),
        ((a_summary(), [an_outcome()] * 2, NAMES), r"as many outcomes, names and curves, .* got \[3, 2, 3, 3\]"),
        ((a_summary(), [an_outcome()] * 3, NAMES[:2]), r"got \[3, 3, 2, 2\]"),
        ((a_summary(columns=("AUC", "psnr")), [an_outcome()] * 3, NAMES), "and the columns"),
        ((a_summary(), [an_outcome(), an_outcome("it collapsed"), an_outcome()], NAMES), "the runs of b failed"),
    ],
)
def test_the_frontier_refuses_what_it_cannot_draw(arguments, message):
    with pytest.raises(ValueError, match=message):
        Frontier(*arguments)


def test_the_frontier_shows_originals_where_nothing_was_reconstructed():
    widget = Frontier(a_summary(columns=("AUC", "TPR at 1% FPR", "frechet")), [an_outcome()] * 3, NAMES)
    pictures = np.frombuffer(widget.pictures, np.uint8).reshape(3, 3, 8, 8, 8)
    assert widget.columns == ["AUC", "TPR at 1% FPR", "frechet"]
    assert (pictures[:, :2] == 0).all()
    assert (pictures[:, 2] == 1).all()


def test_fine_tunes_are_shown_relative_to_what_they_start_from():
    base, full, lora = (ToldRuns(kind) for kind in ("untouched", "full", "lora-8"))
    with pytest.raises(ValueError, match="at least two kinds of runs to choose from, got 1"):
        FineTunes({"all weights": full}, base)
    widget = FineTunes({"LoRA": lora, "all weights": full}, base)
    assert widget.steps == [lora.steps(), full.steps()]
    last = widget.found[1][-1]
    assert last["AUC"][0][0] == pytest.approx(float(full.estimate("SimA, right", when="1500")), abs=1e-4)
    ratios = np.divide(full.quality("loss_held_out.1500"), base.quality("loss_held_out.0"))
    assert last["loss"][0] == pytest.approx(ratios.mean(), abs=1e-4)
    assert size_of(widget) < 30_000


def test_the_path_shows_what_models_predict_at_each_place():
    part, timesteps = SPLIT_8.evaluation, (20, 50, 260)
    models = {"exact": EmpiricalDenoiser(SPLIT_8.members), "blind": EmpiricalDenoiser(SPLIT_8.held_out)}
    along = {name: [Estimate(0.9, 0.8, 1.0)] * 3 for name in models}
    widget = AlongThePath(models, part, timesteps, along, shown=2)
    assert [(member, place) for _, member, place in widget.images] == [(True, 0), (True, 1), (False, 10), (False, 11)]
    assert widget.sigmas == sorted(widget.sigmas)
    shape = (2, 4, 3, 8, 8)
    noise, velocity = (
        (np.frombuffer(levels, np.uint8).reshape(shape) / 127.5 - 1) * widget.limit for levels in (widget.noise, widget.velocity)
    )
    exact = models["exact"].predict_noise(part.members[:1], 50)[0, 0].numpy()
    assert noise[0, 0, 1] == pytest.approx(exact, abs=0.01)
    sigma = widget.sigmas[1]
    y = np.hypot(1 - sigma, sigma) * part.members[0, 0].numpy()
    assert y + (1 - sigma) * velocity[0, 0, 1] == pytest.approx(noise[0, 0, 1], abs=0.02)
    norms = unpack(widget.norms, widget.scales).reshape(2, 3, 20)
    assert norms[0, 1, 0] == pytest.approx((np.abs(exact) ** 4).sum() ** 0.25, abs=1e-3)
    assert norms[0, 0, :10].max() < norms[0, 0, 10:].min()
    assert size_of(widget) < 30_000


@pytest.mark.parametrize(
    ("models", "timesteps", "along", "message"),
    [
        ({}, (20, 50), {}, r"there must be a model and at least 2 rising timesteps, 50 among them, got \[\]"),
        ({"a": 1}, (50, 20), {}, "at least 2 rising timesteps"),
        ({"a": 1}, (20, 60), {}, "50 among them"),
        ({"a": 1}, (20, 50), {"a": [0.5]}, "along must hold one AUC for each of 2 timesteps, and does not for 'a'"),
    ],
)
def test_a_path_that_cannot_be_drawn_is_refused(models, timesteps, along, message):
    with pytest.raises(ValueError, match=message):
        AlongThePath(models, SPLIT_8.evaluation, timesteps, along)


def test_a_path_of_coloured_images_is_refused():
    colour = LabelledPart(*(images.expand(-1, 3, -1, -1) for images in (SPLIT_8.members, SPLIT_8.held_out)))
    along = {"a": [Estimate(0.5, 0.4, 0.6)] * 2}
    with pytest.raises(ValueError, match=r"grey square images \(n, 1, h, h\), got \(40, 3, 8, 8\)"):
        AlongThePath({"a": EmpiricalDenoiser(SPLIT_8.members)}, colour, (20, 50), along)


def incoming(attacks=("SimA", "all"), shares=(0.0, 1.0), draws=3, sizes=4):
    rng = np.random.default_rng(0)
    return {attack: {share: 10 ** -rng.uniform(0, 5, (draws, sizes)) for share in shares} for attack in attacks}


def test_how_many_holds_the_p_values_of_each_attack_share_and_draw():
    curves = incoming()
    curves["all"][1.0][2, 3] = 1e-40
    widget = HowManyPictures((20, 40, 60, 80), curves, used=0.0)
    assert (widget.attacks, widget.shares, widget.draws, widget.start) == (["SimA", "all"], [0.0, 1.0], 3, 0)
    logs = unpack(widget.p, widget.scales).reshape(2, 2, 3, 4)
    for i, of_attack in enumerate(curves.values()):
        for j, p in enumerate(of_attack.values()):
            assert logs[i, j] == pytest.approx(np.maximum(np.log10(p), -10), abs=1e-3)
    assert size_of(widget) < 2_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": (40, 20, 60, 80)}, r"sizes must be at least 2, rising, got \[40, 20, 60, 80\]"),
        ({"sizes": (20,)}, "at least 2, rising"),
        ({"curves": {}}, r"there must be an attack, and each must have the same shares, got \[\] with \[\]"),
        ({"curves": incoming(("a",)) | incoming(("b",), (0.0, 0.5))}, "each must have the same shares"),
        ({"curves": incoming(shares=(0.0, 1.5))}, r"shares must be in \[0, 1\], 1.0 among them"),
        ({"used": 0.5}, r"0.5 among them, and level in \(0, 1\), got \[0.0, 1.0\] and 0.01"),
        ({"level": 1.0}, r"level in \(0, 1\).* and 1.0"),
        ({"curves": incoming(sizes=3)}, r"\(draws, 4\) for each share, got shapes \[\(3, 3\)\]"),
        ({"curves": incoming(("a",)) | incoming(("b",), draws=2)}, r"got shapes \[\(2, 4\), \(3, 4\)\]"),
        ({"curves": {"a": {1.0: np.zeros((2, 4))}}}, r"p-values must be in \(0, 1\]"),
    ],
)
def test_p_values_that_cannot_be_drawn_are_refused(change, message):
    settings = {"sizes": (20, 40, 60, 80), "curves": incoming()} | change
    with pytest.raises(ValueError, match=message):
        HowManyPictures(**settings)


def a_latent_denoiser(channels):
    recipe = AutoencoderRecipe("tiny", channels=(8, 8), latent_channels=channels, norm_groups=2)
    unet = build_unet(Recipe("tiny", channels=(8, 8), norm_groups=2), (channels, 4, 4)).eval()
    return LatentDenoiser(build_autoencoder(recipe, (1, 8, 8)).eval(), UNetDenoiser(unet, linear_scheduler()), 1.0)


@pytest.fixture(scope="module")
def latent():
    return a_latent_denoiser(4)


def test_the_walk_refuses_images_that_it_cannot_draw(latent):
    with pytest.raises(ValueError, match=r"must have shape \(n, c, h, w\)"):
        LatentWalk(latent, torch.zeros(8, 8))
    with pytest.raises(ValueError, match=r"grey square images \(n, 1, h, h\), got \(1, 1, 8, 4\)"):
        LatentWalk(latent, torch.zeros(1, 1, 8, 4))


def test_small_steps_of_the_walk_go_as_far_as_the_distortion_says(latent):
    walk = LatentWalk(latent, load_digits().members[:2], (-1e-2, 0.0, 1e-2))
    for n in range(2):
        all_ = np.array(walk.distortions[n]).ravel()
        for stop, dimension in enumerate(walk.dimensions[n]):
            assert walk.moved[n][stop][2] == pytest.approx(1e-2 * all_[dimension], rel=0.05, abs=1e-4)


def test_the_walk_stays_small_on_a_page(latent):
    assert size_of(LatentWalk(latent, load_digits().members[:3])) < 200_000


@pytest.mark.parametrize(
    ("recipes", "columns"),
    [([], ["model", "where", "passes", "AUC"]), ([PAPER_RECIPES["cifar10-small"]], ["model", "where", "passes"])],
)
def test_the_budget_refuses_no_recipe_and_a_table_without_auc(recipes, columns):
    with pytest.raises(ValueError, match="there must be a recipe, and a column for each of"):
        Budget(recipes, pd.DataFrame([[0] * len(columns)], columns=columns))


def test_the_budget_counts_three_passes_through_the_network_a_step():
    recipe = PAPER_RECIPES["cifar10-small"]
    widget = Budget([recipe], pd.DataFrame(columns=["model", "where", "passes", "AUC"]))
    assert widget.recipes[0]["flops"] == pytest.approx(3 * cost(recipe).flops * recipe.batch_size)


@pytest.mark.parametrize(
    ("networks", "timesteps", "message"),
    [
        ("ddpm-digits", [50, 10], "timesteps must rise, and hold the starting timestep 50"),
        ("ddpm-digits", [10, 20], "timesteps must rise, and hold the starting timestep 50"),
        ("ddpm-digits", [50, 1000], r"timestep must be in \[0, 1000\)"),
        ({"a": "ddpm-digits", "b": "beta-1e0-seed-0"}, [50], "the networks must belong to one split"),
        ({}, [50], "there must be at least one network"),
    ],
)
def test_drawing_refuses_what_it_cannot_show(networks, timesteps, message):
    with pytest.raises(ValueError, match=message):
        DrawAndScore(networks, timesteps)


@pytest.fixture
def another(monkeypatch, tmp_path):
    """another(dataset, denoiser) stands for an exported network, under the name "another"."""

    def stand(dataset, denoiser):
        monkeypatch.setattr("helpers.widgets.draw.trained", lambda name: (denoiser, Recipe(name, dataset=dataset), {}))
        monkeypatch.setattr("helpers.widgets.draw.exported", lambda name: tmp_path / f"{name}.onnx")
        (tmp_path / "another.onnx").write_bytes(b"")

    return stand


@pytest.mark.slow
@pytest.mark.parametrize(("dataset", "load", "brightest"), [("digits", load_digits, 16), ("fashion", load_fashion, 1020)])
def test_the_members_of_each_data_set_keep_all_their_grey_levels(another, dataset, load, brightest):
    members = load().members
    another(dataset, EmpiricalDenoiser(members[:5]))
    widget = DrawAndScore("another", [50])
    levels = np.frombuffer(widget.training, "<u2").reshape(members[:, 0].shape)
    assert widget.levels == levels.max() == brightest
    assert 2 * levels / widget.levels - 1 == pytest.approx(members[:, 0].numpy(), abs=1e-6)
    assert len(np.unique(levels)) == len(members.unique())


def test_drawing_refuses_images_that_no_drawing_becomes(another):
    another("cifar10", EmpiricalDenoiser(torch.zeros(1, 3, 32, 32)))
    with pytest.raises(ValueError, match=r"a drawing becomes an image of digits or fashion, .* trained on cifar10"):
        DrawAndScore("another", [50])


def test_drawing_refuses_latents_whose_channels_make_no_square(another):
    another("digits", a_latent_denoiser(3))
    with pytest.raises(ValueError, match=r"there must be 1, 4, 9 \.\.\. of them, got 3"):
        DrawAndScore("another", [50])


def test_drawing_needs_an_exported_model():
    with pytest.raises(FileNotFoundError, match=r"run `python -m helpers maintain export ddpm-digits-late`"):
        DrawAndScore("ddpm-digits-late", [50])


def test_a_kernel_sends_the_files_of_the_network_and_no_other(monkeypatch):
    widget, sent = DrawAndScore("ddpm-digits", [50]), {}
    monkeypatch.setattr(widget, "send", lambda content, buffers: sent.update({content["file"]: len(buffers[0])}))
    runtimes = {"wasm": ("ort.mjs", "ort.wasm"), "webgpu": ("ort-gpu.mjs", "ort-gpu.wasm")}
    for file in ("ddpm-digits.onnx", *runtimes["wasm"], *runtimes["webgpu"], "../../data.py", None):
        widget._send_file(widget, {"file": file}, [])
    for kind, parts in runtimes.items():
        assert widget.download[kind] == sum(sent[file] for file in ("ddpm-digits.onnx", *parts))
    assert len(sent) == 5


@pytest.mark.slow
def test_networks_behind_encoders_come_with_latents():
    names = {"low": "beta-1e-3-seed-0", "high": "beta-1e0-seed-0"}
    widget = DrawAndScore(names, [0, 50])
    latents = unpack(widget.latents, widget.latents_scales).reshape(2, 5, 4, 8, 8)
    noises = unpack(widget.noises, widget.noises_scales).reshape(2, 5, 2, 4, 8, 8)
    norms = unpack(widget.known_norms, widget.known_norms_scales).reshape(2, 2, 600)
    part = load_fashion().evaluation
    for k, name in enumerate(names.values()):
        model = latent_models.load(name)
        with torch.no_grad():
            z = model.encode(part.members[:1])
            noise = model.predict_noise(z, 50)
        assert latents[k, 0] == pytest.approx(z[0].numpy(), abs=1e-4)
        assert noises[k, 0, 1] == pytest.approx(noise[0].numpy(), abs=1e-4)
        assert norms[k, 1, 0] == pytest.approx(noise.norm(4).item(), abs=1e-4)
    assert widget.training == b""


@pytest.fixture(scope="module")
def told():
    return load_told("emoji-full-seed-0"), split_of_seed(0)


@pytest.fixture(scope="module")
def prompt(told):
    return PromptPlayground(*told)


@pytest.mark.slow
def test_the_prompt_playground_holds_what_the_model_says(told, prompt):
    model, split = told
    parts = parts_of(split)["evaluation"]
    noises = unpack(prompt.noises, prompt.noises_scales).reshape(12, 3, 4, 4, 8, 8)
    norms = unpack(prompt.known_norms, prompt.known_norms_scales).reshape(3, 4, 500)
    for i, kind, row in ((0, "members", 3), (11, "held_out", 10)):
        assert prompt.pictures[i]["member"] == (kind == "members")
        for c, condition in enumerate(CONDITIONS):
            caption = parts[kind].told(condition)[row]
            assert prompt.captions[prompt.pictures[i][condition]] == caption
            denoiser = model.told([caption])
            with torch.inference_mode():
                z = denoiser.encode(parts[kind].images[row : row + 1])
                for k, timestep in enumerate(prompt.timesteps):
                    noise = denoiser.predict_noise(z, timestep)[0]
                    assert np.allclose(noises[i, c, k], noise, atol=1e-3)
                    at = row if kind == "members" else prompt.n_members + row
                    assert norms[c, k, at] == pytest.approx(noise.abs().pow(4).sum().item() ** 0.25, rel=1e-3)
    starts = torch.from_numpy(unpack(prompt.starts, prompt.starts_scales)).float().reshape(2, 1, 4, 8, 8)
    drawn = np.frombuffer(prompt.drawn, np.uint8).reshape(len(prompt.captions), 2, 32, 32, 3)
    expected = (drawn_from(model, ["lime"], starts[1])[0].permute(1, 2, 0) + 1) * 127.5
    assert np.abs(drawn[prompt.captions.index("lime"), 1] - expected.numpy()).max() < 2


@pytest.mark.slow
def test_the_prompt_playground_stays_small_on_a_page(prompt):
    assert size_of(prompt) < 360_000


@pytest.mark.slow
def test_the_kernel_sends_the_model_of_the_prompt_playground(prompt, monkeypatch):
    sent = []
    monkeypatch.setattr(prompt, "send", lambda content, buffers: sent.append((content["file"], len(buffers[0]))))
    for file in ("emoji-full-seed-0.onnx", "ddpm-digits.onnx"):
        prompt._send_file(prompt, {"file": file}, [])
    assert [name for name, _ in sent] == ["emoji-full-seed-0.onnx"]
    assert sent[0][1] < prompt.download["wasm"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"timesteps": [100, 20]}, "timesteps must rise, and hold the starting timestep 100"),
        ({"timesteps": [20, 60]}, "timesteps must rise, and hold the starting timestep 100"),
        ({"timesteps": [100, 1000]}, r"timestep must be in \[0, 1000\), got 1000"),
        ({"members": [250]}, r"members must be rows of the evaluation part, 0 to 249, got \[250\]"),
        ({"held_out": []}, r"held_out must be rows of the evaluation part, 0 to 249, got \[\]"),
        ({"draws": 0}, "at least one drawing of each caption, got 0"),
    ],
)
def test_the_prompt_playground_refuses_what_it_cannot_show(told, settings, message):
    with pytest.raises(ValueError, match=message):
        PromptPlayground(*told, **settings)


def test_the_prompt_playground_refuses_pictures_without_captions_or_colour(told):
    grey = torch.zeros(4, 1, 8, 8)
    with pytest.raises(ValueError, match="the images must have captions"):
        PromptPlayground(told[0], MembershipSplit(grey, grey + 1))
    four = Words(("a", "b") * 2, ("c", "d") * 2, ())
    with pytest.raises(ValueError, match=r"square and in colour, \(n, 3, h, h\), got \(n, 1, 8, 8\)"):
        PromptPlayground(told[0], CaptionedSplit(grey, grey + 1, None, four, four))


def test_the_prompt_playground_needs_an_exported_model(told):
    with pytest.raises(FileNotFoundError, match="run `python -m helpers maintain export emoji-base`"):
        PromptPlayground(*told, name="emoji-base")


def test_every_word_of_the_captions_is_one_token():
    tokenizer = word_tokenizer(public_pictures().captions)
    known = vocabulary(tokenizer, split_of_seed(0).captions.held_out)
    assert list(known) == sorted(known)
    assert {"alien", "monster", "-", ","} <= set(known)
    for word, token in known.items():
        assert tokenizer(word).input_ids == [0, token, 1]
    assert vocabulary(tokenizer, ["zebra qwertz"]).keys() == {"zebra"}


def stopped(sizes=(75, 150), stops=(3, 2)):
    runs, pictures = {}, {}
    for n, count in zip(sizes, stops, strict=True):
        steps = [100 * (k + 1) for k in range(count)]
        columns = {c: [Estimate(0.5 + k / 10, 0.4, 0.9) for k in range(count)] for c in STOPPED_COLUMNS}
        runs[n] = pd.DataFrame({"step": steps, "visits": [s * 128 / n for s in steps], **columns}, dtype=object)
        pictures[n] = {s: (np.full((4, 8, 8), n + k), np.full((4, 8, 8), k)) for k, s in enumerate(steps)}
    return runs, pictures, dict.fromkeys(sizes, 0.01)


def test_the_stopped_training_holds_each_checkpoint_of_each_size():
    runs, pictures, chance = stopped()
    widget = StoppedTraining(runs, pictures, chance, (150, 190))
    assert widget.sizes == [75, 150]
    assert widget.steps == [[100, 200, 300], [100, 200]]
    assert widget.visits[1] == pytest.approx([85.3, 170.7])
    assert widget.start == [1, 1]  # the checkpoint nearest to 190 steps
    assert widget.readouts[0][2][0] == [0.7, 0.4, 0.9]
    drawn = np.frombuffer(widget.pictures, np.uint8).reshape(5, 2, 4, 8, 8)
    assert [int(stop[0, 0, 0, 0]) for stop in drawn] == [75, 76, 77, 150, 151]
    assert [int(stop[1, 0, 0, 0]) for stop in drawn] == [0, 1, 2, 0, 1]
    assert (widget.shown, widget.size) == (4, 8)


def test_a_stopped_training_that_cannot_be_drawn_is_refused():
    runs, pictures, chance = stopped()
    falling = {150: runs[150], 75: runs[75]}
    for wrong, start in ((falling, (75, 100)), ({75: runs[75]}, (75, 100)), (runs, (300, 100))):
        with pytest.raises(ValueError, match="at least 2 rising sizes"):
            StoppedTraining(wrong, pictures, chance, start)
    with pytest.raises(ValueError, match="at least 2 rising sizes"):
        StoppedTraining(runs, pictures, {75: 0.0}, (75, 100))
    del pictures[150][200]
    with pytest.raises(ValueError, match="pictures of each checkpoint, and of no others, not so for n = 150"):
        StoppedTraining(runs, pictures, chance, (75, 100))


def test_the_scatter_of_the_remembered_holds_all_images_and_the_neighbour_of_each():
    images = torch.cat([SPLIT_8.members[:9], SPLIT_8.members[:1]])
    distance = np.arange(10.0)
    widget = WhoIsRemembered(images, distance, {"up": distance**2, "down": -distance})
    assert widget.names == ["up", "down"]
    assert widget.ranks == [1.0, -1.0]
    assert unpack(widget.values, widget.scales)[1] == pytest.approx(distance**2, abs=1e-3)
    assert widget.nearest[0] == 9
    assert widget.nearest[9] == 0
    pixels = np.frombuffer(widget.images, np.uint8).reshape(10, 8, 8) / 127.5 - 1
    assert pixels == pytest.approx(images[:, 0].numpy(), abs=0.005)


def test_a_scatter_that_cannot_be_drawn_is_refused():
    images = SPLIT_8.members[:6]
    with pytest.raises(ValueError, match=r"grey square images \(n, 1, h, h\), got \(6, 3, 8, 8\)"):
        WhoIsRemembered(images.expand(-1, 3, -1, -1), np.ones(6), {"a": np.ones(6)})
    for distance, measures in ((np.ones(5), {"a": np.ones(6)}), (np.ones(6), {}), (np.ones(6), {"a": np.full(6, np.nan)})):
        with pytest.raises(ValueError, match="measures of 6 finite values each"):
            WhoIsRemembered(images, distance, measures)


def watched(k=3, stops=2):
    rng = np.random.default_rng(0)
    return {group: rng.integers(0, 256, (k, stops, 8, 8), dtype=np.uint8) for group in ("members", "held-out")}


def test_the_nearest_of_n_samples_are_measured_as_they_are_drawn():
    images = {"members": SPLIT_8.members[:3], "held-out": SPLIT_8.held_out[:3]}
    nearest = {60: watched(), 120: watched()}
    nearest[120]["members"][1, 1] = ((SPLIT_8.members[1, 0] + 1) * 127.5).round().numpy()
    widget = NearestOfN(images, (10, 100), nearest, {60: {100: Estimate(0.7, 0.6, 0.8)}, 120: {}})
    assert (widget.sizes, widget.stops, widget.pairs, widget.size) == ([60, 120], [10, 100], 3, 8)
    assert widget.readouts == [[None, [0.7, 0.6, 0.8]], [None, None]]
    assert widget.distances[1][0][1][1] == 0
    drawn = nearest[60]["held-out"][2, 0] / 127.5 - 1
    assert widget.distances[0][1][2][0] == pytest.approx(np.linalg.norm(drawn - SPLIT_8.held_out[2, 0].numpy()), abs=0.02)
    packed = np.frombuffer(widget.nearest, np.uint8).reshape(2, 2, 3, 2, 8, 8)
    assert np.array_equal(packed[0, 1], nearest[60]["held-out"])


def test_nearest_samples_that_do_not_fit_are_refused():
    images = {"members": SPLIT_8.members[:3], "held-out": SPLIT_8.held_out[:3]}
    of = {"images": images, "stops": (10, 100), "nearest": {60: watched()}, "auc": {60: {}}}
    for wrong, message in (
        ({"images": images | {"held-out": SPLIT_8.held_out[:2]}}, "as many grey square images"),
        ({"images": {group: x.expand(-1, 3, -1, -1) for group, x in images.items()}}, "grey square images"),
        ({"stops": (10,)}, r"at least 2 rising numbers of samples, got \[10\]"),
        ({"stops": (100, 10)}, "rising"),
        ({"nearest": {60: watched(stops=3)}}, "pictures uint8"),
        ({"nearest": {60: {group: x.astype(float) for group, x in watched().items()}}}, "pictures uint8"),
        ({"nearest": {}, "auc": {}}, "for each size"),
        ({"auc": {70: {}}}, "an AUC for each size"),
    ):
        with pytest.raises(ValueError, match=message):
            NearestOfN(**of | wrong)
