"""Where a widget's script and style come from."""

from pathlib import Path

FOLDER = Path(__file__).parent


def script(name: str) -> str:
    """The shared script followed by NAME.js: one module, since a page has nowhere to import a second from."""
    return (FOLDER / "shared.js").read_text() + "\n" + (FOLDER / f"{name}.js").read_text()


def style() -> str:
    return (FOLDER / "shared.css").read_text()
