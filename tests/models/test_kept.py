"""What was computed is kept as long as there is room."""

import torch

from helpers.models.kept import Kept


def test_tensors_are_kept_until_the_room_is_full():
    kept = Kept(room=20)
    assert kept.keep("a", {"x": torch.arange(4.0)})
    assert not kept.keep("b", {"x": torch.arange(4.0)})
    assert kept.keep("c", {"x": torch.zeros(1)})
    assert ("a" in kept, "b" in kept, "c" in kept) == (True, False, True)
    assert kept["a"]["x"].tolist() == [0, 1, 2, 3]


def test_what_is_kept_is_no_view_of_what_was_given():
    kept, whole = Kept(), torch.zeros(1000)
    kept.keep("a", {"x": whole[:2]})
    whole += 1
    assert kept["a"]["x"].tolist() == [0, 0]
    assert kept["a"]["x"].untyped_storage().nbytes() == 8


def test_what_is_known_takes_no_room_again():
    kept = Kept(room=8)
    assert kept.keep("a", {"x": torch.zeros(1)})
    assert kept.keep("a", {"x": torch.zeros(1)})
    assert kept.room == 4
