"""How often can a GPU show each image to the model, before the money runs out?"""

from collections.abc import Sequence

import anywidget
import pandas as pd
import traitlets

from helpers.errors import InvalidInput
from helpers.training.paper_recipes import PEAK, UTILISATION, cost
from helpers.training.recipes import PaperRecipe
from helpers.widgets.source import script, style


class Budget(anywidget.AnyWidget):
    """Steps and passes over each training image under sliders for hours, GPUs and their use; beside models whose AUC is known.

    Args:
        recipes: to choose from.
        trained: a row a model: "model", "where" (what joins rows to a line), "passes", "AUC".

    Raises:
        ValueError: no recipe, or a missing column.
    """

    _esm = script("budget")
    _css = style()
    recipes = traitlets.List().tag(sync=True)  # [{name, images, batch, steps, flops: of a training step}]
    trained = traitlets.List().tag(sync=True)  # [{model, where, passes, auc}]
    attack = traitlets.Unicode("SimA").tag(sync=True)  # whose AUC it is
    peak = traitlets.Float().tag(sync=True)  # FLOP/s
    utilisation = traitlets.Float().tag(sync=True)  # where the slider starts

    def __init__(self, recipes: Sequence[PaperRecipe], trained: pd.DataFrame):
        missing = [c for c in ("model", "where", "passes", "AUC") if c not in trained]
        if not recipes or missing:
            raise InvalidInput(f"there must be a recipe, and a column for each of {', '.join(missing) or 'none'}")
        super().__init__(
            recipes=[
                {
                    "name": r.name,
                    "images": r.members,
                    "batch": r.batch_size,
                    "steps": r.steps,
                    "flops": cost(r).hours * 3600 * UTILISATION * PEAK / r.steps,
                }
                for r in recipes
            ],
            trained=[
                {"model": row["model"], "where": row["where"], "passes": float(row["passes"]), "auc": float(row["AUC"])}
                for _, row in trained.iterrows()
            ],
            peak=PEAK,
            utilisation=UTILISATION,
        )
