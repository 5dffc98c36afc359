"""What is said of a prompt is computed once, and is there when the encoders are gone."""

import pytest
import torch

from helpers.models.kept import Kept
from helpers.models.pretrained.prompts import Prompts


@pytest.fixture
def counted():
    """A `read` for `Prompts` that counts how often encoders are read, and what they are asked."""
    read, asked = [], []

    def encode(prompts):
        asked.append(prompts)
        return {"length": torch.tensor([[float(len(prompt))] for prompt in prompts])}

    return lambda: (read.append(1), encode)[1], read, asked


def test_a_prompt_is_encoded_once(counted):
    source, read, asked = counted
    prompts = Prompts(source)
    assert prompts(["a", "bcd", "a"])["length"].tolist() == [[1], [3], [1]]
    assert prompts(["bcd"])["length"].tolist() == [[3]]
    assert (len(read), asked) == (1, [["a", "bcd"]])


def test_encoders_go_when_all_was_said_and_come_back_for_more(counted):
    source, read, asked = counted
    prompts = Prompts(source)
    prompts.prepare(["a", "bcd"] * 20)
    assert prompts.encode is None
    assert prompts(["bcd"])["length"].tolist() == [[3]]
    assert len(read) == 1
    assert prompts(["", "a"])["length"].tolist() == [[0], [1]]
    assert (len(read), asked[-1]) == (2, [""])


def test_encoders_stay_where_there_is_no_room_for_what_they_said(counted):
    source, read, _ = counted
    prompts = Prompts(source, Kept(room=4))
    prompts.prepare(["a", "bcd"])
    assert prompts.encode is not None
    assert prompts(["bcd", "a"])["length"].tolist() == [[3], [1]]
    assert len(read) == 1
