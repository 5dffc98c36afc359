"""Exercises of *The league table*."""

import torch

from helpers.exercises.exercise import Exercise, function
from helpers.exercises.statements import statements
from helpers.experiments.published import PUBLISHED, mean_ranks, standing, wide

_generator = torch.Generator().manual_seed(0)
_a, _b = torch.randn(500, generator=_generator) + 0.9, torch.randn(500, generator=_generator)

paired_interval = function(
    cases=((_a, _b), (_b, _a)),
    solution=lambda a, b: (a - b).quantile(torch.tensor([0.025, 0.975])),
    right="The difference within each draw: whatever both have in common cancels.",
    mistakes={
        "Ends of two intervals subtracted are not the interval of the difference.": lambda a, b: torch.stack(
            [a.quantile(0.025) - b.quantile(0.975), a.quantile(0.975) - b.quantile(0.025)]
        ),
        "Keep the draws together: sorting each side separately breaks the pairs.": lambda a, b: (
            a.sort().values - b.sort().values
        ).quantile(torch.tensor([0.025, 0.975])),
        "A 95% interval leaves 2.5% on either side.": lambda a, b: (a - b).quantile(torch.tensor([0.05, 0.95])),
    },
)

decided = Exercise(
    solution=[False, True, False, False, True],
    right="Two of five; uncorrected it would have been four.",
    mistakes={
        "Those are below 5% without a correction. Five questions were asked.": [True, True, True, False, True],
        "That is Bonferroni, all times 5. Holm multiplies the smallest by 5, the next by 4, and so on.": [
            False,
            True,
            False,
            False,
            False,
        ],
        "The third is 0.02 * 3 = 0.06: above 5%.": [False, True, True, False, True],
        "Answer in the order of the question, not sorted.": [True, True, False, False, False],
    },
)


def _lead(attack: str) -> str:
    """On which published model SimA's AUC is furthest above an attack's."""
    table = wide(PUBLISHED, "AUC")
    return str((table["SimA"] - table[attack]).idxmax())


_ELSEWHERE = ("Guided diffusion", "Latent diffusion", "SD 1.5")  # held-out images from another collection
_fine_tuned = [model for model in PUBLISHED["model"].unique() if "fine-tuned" in model]
_facts = [
    set(_fine_tuned) <= set(standing("Loss", "TPR at 1% FPR")["ahead"]),
    _lead("SecMI").startswith(_ELSEWHERE),
    all(
        mean_ranks(PUBLISHED, metric)["SimA"] < mean_ranks(PUBLISHED, metric)["SecMI"] for metric in PUBLISHED["metric"].unique()
    ),
    len(standing("PIA", "ASR")["ahead"]) > len(standing("PIA", "AUC")["ahead"]),
]
_HINTS = (
    'Sentence 1: choose TPR at 1% FPR, press Loss, and look at the three rows with "fine-tuned".',
    "Sentence 2: subtract SecMI from SimA in the rows for guided diffusion, whose held-out images are ImageNetV2's.",
    'Sentence 3: compare the rows "mean rank" in all three metrics; one of them is a draw.',
    "Sentence 4: press PIA, and read the count for ASR and for AUC.",
)

borne_out = statements("A sentence about a table is checked row by row.", dict(zip(_HINTS, _facts, strict=True)))
