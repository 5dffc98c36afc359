"""A row is the scores of one attack on one model."""

import numpy as np

from helpers.evaluation.metrics import evaluate
from helpers.evaluation.row import BOOTSTRAP, Row


def test_a_report_of_a_row_is_an_evaluation_with_its_intervals_made_once():
    rng = np.random.default_rng(0)
    row = Row(rng.normal(1, 1, 60), rng.normal(0, 1, 60), 50, 1)
    assert row.report.auc.triple == evaluate(row.members, row.held_out, bootstrap=BOOTSTRAP).auc.triple
    assert row.report is row.report
