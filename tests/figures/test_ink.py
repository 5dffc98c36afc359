"""A figure in a page follows the page's colours, and nothing else of it changes."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers.figures import plots
from helpers.figures.ink import KEPT, adaptive, dark, to_svg


@pytest.fixture(autouse=True)
def _theme():
    with plt.rc_context():
        plots.set_theme()
        yield
    plt.close("all")


def contrast(colour, ground="#14181e"):
    def luminance(hexadecimal):
        parts = np.array([int(hexadecimal[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        return np.where(parts <= 0.04, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    low, high = sorted((luminance(colour), luminance(ground)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", ["#000000", "#262626", "#666666", plots.MEMBER.lower(), plots.HELD_OUT.lower(), "#009e73"])
def test_what_is_written_on_white_can_be_read_on_a_dark_page(colour):
    assert contrast(dark(colour)) >= 4.5


def test_white_becomes_the_ground_and_other_colours_stay():
    assert dark("#ffffff") == "#14181e"
    assert dark("#d55e00") == "#d55e00"


def drawn(label="a line"):
    figure, axis = plt.subplots()
    axis.plot([0, 1], [0, 1], color="0.4")
    axis.text(0.2, 0.2, "stays", color="0.4", gid=KEPT)
    return to_svg(figure, label)


def test_ink_has_two_colours_and_the_ground_is_the_pages():
    text = drawn()
    assert "stroke: #666666; stroke: light-dark(#666666, #" in text
    assert not re.search(r"fill: #ffffff", text)


def test_words_in_black_are_ink_although_no_colour_is_written():
    with plt.rc_context({"text.color": "black"}):
        root = re.search(r"<svg[^>]*>", to_svg(plt.figure(), ""))[0]
    assert "fill: light-dark(#000000, #f0f0f0)" in root


def test_what_stands_on_its_own_colours_keeps_them():
    kept = re.search(r'<text[^>]*style="([^"]*)"[^>]*>stays</text>', drawn())[1]
    assert "light-dark" not in kept


def test_a_figure_says_what_it_shows():
    assert 'aria-label="a &lt;line&gt;"' in drawn("a <line>")


@pytest.mark.slow
def test_two_figures_on_a_page_share_no_id():
    figures = [to_svg(plots.roc([2.0, 1.0, 3.0], [0.0, 1.5, 0.5 + i]), "") for i in range(2)]
    first, second = (set(re.findall(r' id="([^"]+)"', text)) for text in figures)
    assert first
    assert not first & second
    for text in figures:
        used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text))
        assert {a or b for a, b in used} == set(re.findall(r' id="([^"]+)"', text))


def test_the_same_figure_is_the_same_file():
    assert drawn() == drawn()


def test_an_image_keeps_its_pixels():
    figure = plots.show_images(plots.torch.linspace(-1, 1, 64).reshape(1, 1, 8, 8))
    assert to_svg(figure, "").count("data:image/png") == 1


def test_what_is_no_drawing_is_refused():
    with pytest.raises(SyntaxError):
        adaptive("no svg", "")
