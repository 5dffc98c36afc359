"""The text of an option becomes a value, or an error that says how to write it."""

import pytest
import torch
from click import BadParameter

from helpers.options import AttackName, parse_prompts, parse_size, parse_timesteps, usable_device


@pytest.mark.parametrize(("text", "expected"), [("0:40:20", (0, 20, 40)), ("10,30", (10, 30)), ("50", (50,))])
def test_timesteps_are_a_list_or_a_range(text, expected):
    assert parse_timesteps(None, None, text) == expected


@pytest.mark.parametrize("text", ["early", "", "0:10", "1:2:3:4", "0:10:0", "1,,2", "1.5"])
def test_timesteps_that_are_none_are_refused(text):
    with pytest.raises(BadParameter, match="neither like 0:300:20 nor like 10,20,40"):
        parse_timesteps(None, None, text)


@pytest.mark.parametrize(("text", "expected"), [("512", (512, 512)), ("512x768", (512, 768)), (None, None)])
def test_a_size_is_one_number_or_two(text, expected):
    assert parse_size(None, None, text) == expected


@pytest.mark.parametrize("text", ["", "0", "512x", "x512", "512x768x3", "large", "-4"])
def test_a_size_that_is_none_is_refused(text):
    with pytest.raises(BadParameter, match="HEIGHTxWIDTH"):
        parse_size(None, None, text)


def test_a_prompt_may_lie_in_a_file(tmp_path):
    (tmp_path / "prompt.txt").write_text("a photo of a digit\n")
    assert parse_prompts(None, None, str(tmp_path / "prompt.txt")) == "a photo of a digit"
    assert parse_prompts(None, None, "captions") == "captions"
    assert parse_prompts(None, None, "long " * 200).startswith("long")
    (tmp_path / "empty.txt").write_bytes(b"\xff")
    with pytest.raises(BadParameter, match="holds no prompt"):
        parse_prompts(None, None, str(tmp_path / "empty.txt"))


def test_help_names_every_attack_and_another_one_is_refused():
    offered = AttackName().get_metavar(None).strip("[]").split("|")
    assert [AttackName().convert(name, None, None) for name in offered] == offered
    with pytest.raises(BadParameter, match="sima"):
        AttackName().convert("simma", None, None)


def test_the_device_is_one_that_is_there():
    assert usable_device("cpu") == "cpu"
    assert usable_device(None) == ("cuda:0" if torch.cuda.is_available() else "cpu")
    with pytest.raises(ValueError, match="no device 'abacus'"):
        usable_device("abacus")
