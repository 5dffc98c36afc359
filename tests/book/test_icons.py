"""Icons that pages show stay in the theme's script, under any of their names; the rest goes."""

import importlib.util
from pathlib import Path

import pytest

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
