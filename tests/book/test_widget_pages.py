"""What a page embeds of its widgets comes back as it was, and a progress bar says what it said."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from ipywidgets import HTML, FloatProgress, HBox
from ipywidgets.embed import embed_data

PATH = Path(__file__).parents[2] / "book" / "_extensions" / "widget_pages.py"
spec = importlib.util.spec_from_file_location("widget_pages", PATH)
widget_pages = importlib.util.module_from_spec(spec)
spec.loader.exec_module(widget_pages)
RNG = np.random.default_rng(0)
SMOOTH = RNG.integers(0, 2**16, 300) + RNG.integers(-9, 9, (200, 300)).cumsum(0)  # rows that follow each other, and wrap around


@pytest.mark.parametrize("raw", [b"", b"odd", RNG.bytes(1000), SMOOTH.astype("<u2").tobytes()])
@pytest.mark.parametrize("rows", [set(), {0, 1}, {3, 200}])
def test_bytes_come_back_as_they_were(raw, rows):
    assert widget_pages.inflated(widget_pages.deflated(raw, rows)) == raw


def test_rows_that_follow_each_other_take_less_room():
    raw = SMOOTH.astype("<u2").tobytes()
    assert len(widget_pages.deflated(raw, {200})["data"]) < 0.6 * len(widget_pages.deflated(raw, set())["data"])


def test_a_progress_bar_is_told_from_other_boxes():
    bar = HBox([HTML("loss: 100%"), FloatProgress(), HTML("&nbsp;9/9 [00:01&lt;00:00,&nbsp; 9.00it/s]")])
    other = HBox([HTML("one"), HTML("two")])
    state = embed_data([bar, other])["manager_state"]["state"]
    assert widget_pages.bar(state, bar.model_id) == "loss: 100% | 9/9 [00:01<00:00, 9.00it/s]"
    assert [widget_pages.bar(state, name) for name in (other.model_id, bar.children[0].model_id, "unknown")] == [None] * 3
    assert other.model_id not in widget_pages.reached(state, {bar.model_id}) > {child.model_id for child in bar.children}
