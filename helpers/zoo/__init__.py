"""Which trained models come with the book? ``zoo.load("ddpm-digits")``, ``zoo.load_latent("beta-1e-3-seed-0")``."""

from helpers.training.book_recipes import BOOK_RECIPES, COMMITTED, candidate_index, recipe, split_for, training_split
from helpers.zoo.latent_models import COMMITTED_LATENT
from helpers.zoo.latent_models import load as load_latent
from helpers.zoo.pixel_models import load, provenance

__all__ = [
    "BOOK_RECIPES",
    "COMMITTED",
    "COMMITTED_LATENT",
    "candidate_index",
    "load",
    "load_latent",
    "provenance",
    "recipe",
    "split_for",
    "training_split",
]
