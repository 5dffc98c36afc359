"""Icons that pages show stay in the theme's script, under any of their names; the rest goes."""

import importlib.util
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

SITE = Path(__file__).parents[2] / "_build" / "html"
PATH = Path(__file__).parents[2] / "book" / "_extensions" / "icons.py"
spec = importlib.util.spec_from_file_location("icons", PATH)
icons = importlib.util.module_from_spec(spec)
spec.loader.exec_module(icons)
SCRIPT = 'var i={xmark:[3,5,[10006,"close","times"],"f00d","M3"],"arrow-left":[4,5,[],"f060",["M1","M2"]],last:[1,1,[],"a","M"]};'


@pytest.mark.parametrize("used", [{"xmark"}, {"times"}])
def test_an_icon_is_kept_under_any_of_its_names(used):
    assert icons.keep_used(SCRIPT, used) == 'var i={xmark:[3,5,[10006,"close","times"],"f00d","M3"],};'


def test_an_icon_of_two_paths_is_one_icon():
    assert icons.keep_used(SCRIPT, {"arrow-left"}) == 'var i={"arrow-left":[4,5,[],"f060",["M1","M2"]],};'


def test_a_script_of_another_form_is_refused():
    with pytest.raises(ValueError, match="another form"):
        icons.keep_used("var i={}", {"xmark"})


def test_glyphs_are_those_of_used_icons_and_those_named_outside_the_rules_of_icons():
    css = '.fa-xmark:before,.fa-times:before{content:"\\f00d"}.fa-last:before{content:"\\f0aa"}'
    css += '.note:after{content:"\\f0eb"}:root{--icon:"\\f071";--other:"\uf0f3"}'
    assert icons.glyphs(css, {"times"}) == [0xF00D, 0xF071, 0xF0EB, 0xF0F3]


@pytest.mark.book
def test_pages_still_have_the_glyphs_of_their_boxes():
    font = TTFont(SITE / "_static" / "vendor" / "fontawesome" / "webfonts" / "fa-solid-900.woff2")
    assert {0xF0EB, 0xF0F3} <= set(font.getBestCmap()) < set(range(0xF000, 0xF8FF)) | set(range(0x20, 0x7F))
    assert len(font.getBestCmap()) < 150
