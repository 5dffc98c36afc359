"""How does a figure of a cell get into a sentence of its page?

The page asks for it by its name, as {glue:text}`sima-auc`, so that text and cells cannot disagree.
"""


def in_prose(name: str, value: object) -> None:
    """Keep a value, as text, for the sentences of the page that name it."""
    from myst_nb import glue  # installed with the book alone

    glue(name, str(value), display=False)
