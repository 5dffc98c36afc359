"""What nbval has to be told of notebooks without execution counts."""


def pytest_collection_modifyitems(items):
    """nbval takes a cell without an execution count for one that was never run, and nbstripout removes the counts."""
    for item in items:
        cell = getattr(item, "cell", None)
        if (
            cell is not None
            and cell.get("outputs")
            and cell.execution_count is None
        ):
            cell.execution_count = 1
