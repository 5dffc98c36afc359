"""Which runs stand behind the chapter on privacy that can be proven?

    noise           digits, 600 members: clipped only (no promise), and ε = 190, 42, 13, 5 and 1, by more and more noise
    multiplicity    the same at one noise, with fewer looks at each image, and with views of it
    fashion         clothes, 3,000 members: clipped only, and ε = 10 and 1.4
    canaries        300 of the members are in by coins: an honest run, four broken ones that claim the same, and canaries that
                    stand there eight times

Those on digits train the book's network. A run's 128 images a step (expected) are looked at four times each, which makes about as
many looks in 600 steps as in the whole of the book's own run. A step takes 0.95 s on one core, where the book's takes 0.12 s: a
gradient for each image has to be written down. A run takes ten minutes, and all 42 of digits some 3.5 hours on two cores. Those
on clothes take half an hour each, or eleven minutes when sixteen trainings share one GPU. Canaries are asked at a far smaller δ,
which an audit of one run counts 600 times. A seed draws the split, the weights' start, the coins and every step.
"""

from typing import Any

from helpers.data.catalogue import DATASETS
from helpers.data.splits import MembershipSplit
from helpers.training.canaries import CanaryRecipe
from helpers.training.experiment_recipes import SEEDS
from helpers.training.private_recipe import PrivateRecipe

NOISE_MULTIPLIERS = (0.0, 0.5, 1.0, 2.0, 4.0, 16.0)
_RUN: dict[str, Any] = {"steps": 600, "checkpoint_every": 100}
KINDS: dict[str, dict[str, Any]] = {
    **{f"noise-{noise:g}" if noise else "clip-only": {"noise_multiplier": noise} for noise in NOISE_MULTIPLIERS},
    "one-look": {"noise_multiplier": 0.5, "noise_multiplicity": 1},
    "two-views": {"noise_multiplier": 0.5, "noise_multiplicity": 2, "augmentation_multiplicity": 2},
}
SIZES = {"digits": (600, 600), "fashion": (3000, 1000)}  # members and held-out images
FASHION_NOISE = (0.0, 1.0, 4.0)
_FASHION: dict[str, Any] = {"dataset": "fashion", "n": 3000, "delta": 1e-4, "channels": (32, 32, 64)}
FASHION_KINDS: dict[str, dict[str, Any]] = {
    f"fashion-{kind}": _FASHION | {"steps": 1200, "checkpoint_every": 200, "noise_multiplier": noise}
    for noise, kind in ((noise, f"noise-{noise:g}" if noise else "clip-only") for noise in FASHION_NOISE)
}
_CANARIES: dict[str, Any] = {"noise_multiplier": 16.0, "delta": 1e-5}
CANARY_KINDS: dict[str, dict[str, Any]] = {
    "honest": _CANARIES,
    "no-noise": _CANARIES | {"broken": "no-noise"},
    "shuffled": _CANARIES | {"broken": "shuffled"},
    "layer-left-out": _CANARIES | {"broken": "layer-left-out"},
    "batch-clipping": _CANARIES | {"broken": "batch-clipping"},
    # Up to 500 others and 100 canaries, eight times each.
    "copies": _CANARIES | {"canaries": 100, "copies": 8, "n": 900},
}

PRIVATE: dict[tuple[str, int], PrivateRecipe] = {
    **{
        (kind, seed): PrivateRecipe(f"private-{kind}-seed-{seed}", split_seed=seed, seed=seed, **_RUN | settings)
        for kind, settings in (KINDS | FASHION_KINDS).items()
        for seed in SEEDS
    },
    **{
        (f"canaries-{kind}", seed): CanaryRecipe(f"canaries-{kind}-seed-{seed}", split_seed=seed, seed=seed, **_RUN, **settings)
        for kind, settings in CANARY_KINDS.items()
        for seed in SEEDS
    },
}


def private_split(recipe: PrivateRecipe) -> MembershipSplit:
    """The split that the recipe's seed draws, of the size that its data set has here."""
    load = DATASETS[recipe.dataset].load
    assert load is not None
    return load(recipe.split_seed, *SIZES[recipe.dataset])
