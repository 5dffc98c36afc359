"""A recipe is found by its name, with its images, and the list says what each one costs."""

from pathlib import Path

import pytest
import torch

from helpers import zoo
from helpers.data.catalogue import load_digits
from helpers.data.splits import MembershipSplit
from helpers.training.paper_recipes import PAPER_RECIPES, describe
from helpers.training.private_recipes import PRIVATE
from helpers.zoo import listing


def test_a_recipe_of_the_book_or_of_the_paper_is_found_by_its_name():
    assert listing.named("ddpm-digits") is zoo.recipe("ddpm-digits")
    assert listing.named("cifar10-small") is PAPER_RECIPES["cifar10-small"]
    assert listing.named("private-noise-2-seed-1") is PRIVATE["noise-2", 1]


def test_an_unknown_name_says_how_to_list_them():
    with pytest.raises(ValueError, match="unknown recipe 'ddpm-cats'; `python -m helpers zoo` lists those there are"):
        listing.named("ddpm-cats")


def test_a_recipe_of_the_book_brings_its_images():
    split = load_digits()
    assert torch.equal(listing.split_of(zoo.recipe("ddpm-digits")).members, split.members)
    shadow = listing.split_of(zoo.recipe("ddpm-digits-lira-0"))
    assert torch.equal(shadow.members, split.candidates[split.candidate_half(0)])
    assert torch.equal(shadow.held_out, split.candidates[~split.candidate_half(0)])


def test_a_run_with_canaries_has_no_images_of_its_own_to_train_on_by_name():
    with pytest.raises(ValueError, match="unknown recipe 'canaries-honest-seed-0'"):
        listing.named("canaries-honest-seed-0")


@pytest.mark.parametrize("given", [{"data": Path("here")}, {"split_file": Path("rows.npz")}])
def test_images_for_a_recipe_that_has_its_own_are_refused(given):
    with pytest.raises(ValueError, match="ddpm-digits trains on images that come with the package; leave out the data"):
        listing.split_of(zoo.recipe("ddpm-digits"), **given)


def test_a_recipe_of_the_paper_asks_for_as_many_images_as_it_says(monkeypatch):
    asked, split = [], MembershipSplit(torch.zeros(2, 3, 4, 4), torch.ones(2, 3, 4, 4))
    monkeypatch.setattr("helpers.data.public.load_public", lambda *settings, **named: asked.append((*settings, named)) or split)
    assert listing.split_of(PAPER_RECIPES["celeba-small"], Path("copy"), Path("rows.npz"), "copy") is split
    assert asked == [("celeba", 3000, 3000, 0, Path("copy"), Path("rows.npz"), 32, {"split_order": "copy"})]


def test_the_list_has_a_row_a_recipe_with_the_images_it_trains_on(monkeypatch):
    names = ("ddpm-digits", "ddpm-digits-shadow", "ddpm-digits-large")
    monkeypatch.setattr(listing, "BOOK_RECIPES", {name: zoo.recipe(name) for name in names})
    monkeypatch.setattr(listing, "PAPER_RECIPES", {"cifar10-small": PAPER_RECIPES["cifar10-small"]})
    table = listing.recipes().set_index("recipe")
    assert table.index.tolist() == [*names, "cifar10-small"]
    assert table["images"].tolist() == [600, 298, 600, 2500]
    assert table["dataset"].tolist() == ["digits"] * 3 + ["cifar10"]
    assert table["weights"].tolist() == ["yes", "yes", "no", "no"]
    assert [bool(measured) for measured in table["measured"]] == [True, True, False, False]
    assert table.loc["ddpm-digits", "parameters"] == describe(zoo.recipe("ddpm-digits"), 600)["parameters"]
    assert table.loc["ddpm-digits", "passes"] == 2100 * 128 / 600
