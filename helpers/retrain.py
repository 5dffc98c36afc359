"""Train what comes with the book anew: ``python -m helpers.retrain NAME ...``.

A name is a recipe of `helpers.zoo`, an experiment or a group of `helpers.experiments`, or "sweeps" for all groups. A network
that pages run is exported again, too.
"""

import sys

from helpers import export, sweeps, zoo
from helpers.experiments import EXPERIMENTS, GROUPS


def main(names: list[str]) -> None:
    """Train each; what was interrupted goes on.

    Raises:
        ValueError: an unknown name; nothing is trained then.
    """
    known = {"sweeps", *zoo.RECIPES, *GROUPS, *EXPERIMENTS}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise ValueError(
            f"unknown recipe {', '.join(unknown) or '(none given)'}; there are {', '.join(zoo.RECIPES)}; "
            f"the groups {', '.join(GROUPS)} of experiments, or sweeps for all; and experiments such as {next(iter(EXPERIMENTS))}"
        )
    for name in names:
        if name in zoo.RECIPES:
            zoo.main([name])
            trained = {name}
        else:
            sweeps.main([] if name == "sweeps" else [name])
            trained = {e.name for e in GROUPS.get(name, ())} or ({name} if name in EXPERIMENTS else set(EXPERIMENTS))
        again = [exported for exported in export.EXPORTED if exported in trained]
        if again:
            export.main(again)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ValueError as error:
        sys.exit(f"error: {error}")
