"""Which attack wins, on which model, and is the difference to SimA more than luck?"""

import anywidget
import numpy as np
import traitlets

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import METRICS
from helpers.evaluation.results import BASELINE, League
from helpers.widgets.ranks import doubled_ranks
from helpers.widgets.source import script, style

CHANCE = {"AUC": 0.5, "ASR": 0.5, "TPR at 1% FPR": 0.01}  # what guessing reaches


class LeagueTable(anywidget.AnyWidget):
    """A league as a dot plot with intervals, and one of its attacks in detail beside SimA.

    Figures are those of ``League.estimates`` and ``League.against``, computed when the widget is made; only the rank of a
    score is drawn, since scores of different attacks have no common scale. It starts at the first model, with the attack
    that has the highest AUC there, SimA left aside.

    Args:
        league: in which every attack met every model, SimA among them.

    Raises:
        ValueError: no SimA, SimA alone, or attacks that scored other images.
    """

    _esm = script("league")
    _css = style()
    models = traitlets.List().tag(sync=True)
    attacks = traitlets.List().tag(sync=True)
    metrics = traitlets.List().tag(sync=True)
    chance = traitlets.List().tag(sync=True)  # [metric]: what guessing reaches
    baseline = traitlets.Int().tag(sync=True)  # index into attacks
    start = traitlets.Int().tag(sync=True)  # index into attacks
    queries = traitlets.List().tag(sync=True)  # [model][attack]
    estimates = traitlets.List().tag(sync=True)  # [model][attack][metric]: [value, low, high]
    differences = traitlets.List().tag(sync=True)  # [model][attack][metric]: [difference, low, high, p, verdict]; baseline: []
    images = traitlets.List().tag(sync=True)  # [model]: [members, held-out]
    ranks = traitlets.Bytes().tag(sync=True)  # uint16, doubled: model by model, attack by attack, members then held-out

    def __init__(self, league: League):
        models, attacks = league.models, league.attacks
        if BASELINE not in attacks or len(attacks) < 2:
            raise InvalidInput(
                f"the league needs {BASELINE} and an attack to hold against it, got {', '.join(attacks) or 'none'}"
            )
        rows = [[league.rows[model, attack] for attack in attacks] for model in models]
        sizes = [{(len(row.members), len(row.held_out)) for row in line} for line in rows]
        if any(len(size) > 1 for size in sizes):
            raise InvalidInput(f"all attacks on a model must have scored the same images, got (members, held-out) {sizes}")
        figures = league.estimates().set_index(["model", "attack", "metric"])[["value", "low", "high"]].round(4)
        against = league.against(BASELINE).set_index(["model", "attack", "metric"])
        against = against[["difference", "low", "high", "p", "verdict"]].round({"difference": 4, "low": 4, "high": 4, "p": 5})
        others = [attack for attack in attacks if attack != BASELINE]
        strongest = max(others, key=lambda attack: figures.loc[(models[0], attack, "AUC"), "value"])
        super().__init__(
            models=models,
            attacks=attacks,
            metrics=list(METRICS),
            chance=[CHANCE[metric] for metric in METRICS],
            baseline=attacks.index(BASELINE),
            start=attacks.index(strongest),
            queries=[[row.queries for row in line] for line in rows],
            estimates=[[[figures.loc[(m, a, k)].tolist() for k in METRICS] for a in attacks] for m in models],
            differences=[
                [[] if a == BASELINE else [against.loc[(m, a, k)].tolist() for k in METRICS] for a in attacks] for m in models
            ],
            images=[list(size.pop()) for size in sizes],
            ranks=np.concatenate([doubled_ranks(row.members, row.held_out) for line in rows for row in line]).tobytes(),
        )
