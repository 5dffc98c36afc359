"""How good is an attack, and how sure can we be? Metrics with intervals, paired comparisons, quality."""

from helpers.evaluation.collection import collection_test
from helpers.evaluation.denoising_loss import denoising_loss
from helpers.evaluation.epsilon_bound import epsilon_lower_bound
from helpers.evaluation.images_needed import images_needed
from helpers.evaluation.metrics import METRICS, Estimate, Report, calibrated_timestep, compare, evaluate
from helpers.evaluation.one_run import epsilon_of_one_run
from helpers.evaluation.optimism import measure_optimism
from helpers.evaluation.paired import holm, paired_difference
from helpers.evaluation.privacy_region import allowed_tpr, smallest_epsilon
from helpers.evaluation.results import League
from helpers.evaluation.row import Row

__all__ = [
    "METRICS",
    "Estimate",
    "League",
    "Report",
    "Row",
    "allowed_tpr",
    "calibrated_timestep",
    "collection_test",
    "compare",
    "denoising_loss",
    "epsilon_lower_bound",
    "epsilon_of_one_run",
    "evaluate",
    "holm",
    "images_needed",
    "measure_optimism",
    "paired_difference",
    "smallest_epsilon",
]
