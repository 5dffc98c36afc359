"""What nbval has to be told of notebooks without execution counts."""


def pytest_collection_modifyitems(items):
    """Give cells with outputs a count, which nbstripout removes.

    nbval takes a cell without one for a cell that was never run.
    """
    for item in items:
        cell = getattr(item, "cell", None)
        if cell is not None and cell.get("outputs"):
            cell.execution_count = cell.execution_count or 1
