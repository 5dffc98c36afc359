"""How good is an attack, and how sure can we be? Metrics with intervals, paired comparisons, quality."""

from helpers.evaluation.collection import collection_test
from helpers.evaluation.denoising_loss import denoising_loss
from helpers.evaluation.images_needed import images_needed
from helpers.evaluation.metrics import METRICS, Estimate, Report, calibrated_timestep, compare, evaluate
from helpers.evaluation.optimism import measure_optimism
from helpers.evaluation.paired import holm, paired_difference
from helpers.evaluation.results import League
from helpers.evaluation.row import Row

__all__ = [
    "METRICS",
    "Estimate",
    "League",
    "Report",
    "Row",
    "calibrated_timestep",
    "collection_test",
    "compare",
    "denoising_loss",
    "evaluate",
    "holm",
    "images_needed",
    "measure_optimism",
    "paired_difference",
]
