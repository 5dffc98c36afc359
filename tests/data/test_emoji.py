"""Pictures keep their captions, and a group of near copies lies in one part of a split."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helpers.data.emoji import (
    ARCHIVES,
    Archives,
    CaptionedSplit,
    Words,
    archives_of,
    draw_groups,
    load_emoji,
    load_other_hand,
    other_tones,
)
from helpers.data.near_copies import find_copies, nearest

PARTS = ("members", "held_out", "auxiliary")
COLOURS = {"large red circle": 0, "large green circle": 1, "large blue circle": 2}


def everything(split, words):
    """(picture, word) of each image of a split, over all parts."""
    return [pair for part in PARTS for pair in zip(getattr(split, part), getattr(words, part), strict=True)]


def pictures_of(split):
    """Caption -> picture."""
    return {caption: image for image, caption in everything(split, split.captions)}


@pytest.mark.parametrize("seed", [0, 3])
def test_a_caption_says_what_the_picture_shows(seed):
    split = load_emoji(seed)
    pictures = pictures_of(split)
    assert len(everything(split, split.captions)) == 1623
    for caption, channel in COLOURS.items():
        assert pictures[caption].mean((1, 2)).argmax() == channel
    for image in pictures.values():
        assert image.shape == (3, 32, 32)


def test_categories_are_those_of_the_pictures():
    split = load_emoji()
    words = zip(everything(split, split.captions), everything(split, split.categories), strict=True)
    category = {caption: found for (_, caption), (_, found) in words}
    assert category["banana"] == "Food & Drink"
    assert category["octopus"] == "Animals & Nature"
    assert len(set(category.values())) == 8


@pytest.mark.parametrize("variants", ["out", "together", "apart"])
def test_the_seed_decides_the_split_and_its_size_is_what_was_asked(variants):
    split, same, other = (load_emoji(seed, 120, 80, variants) for seed in (1, 1, 2))
    assert (len(split.members), len(split.held_out)) == (120, 80)
    assert torch.equal(split.held_out, same.held_out)
    assert split.captions == same.captions != other.captions


def base(caption):
    """A caption without skin tones."""
    return ", ".join(word for word in caption.split(", ") if "skin tone" not in word)


def test_variants_stand_with_their_picture_or_are_held_out_where_that_is_asked():
    for variants, shared in (("together", False), ("apart", True)):
        captions = load_emoji(0, variants=variants).captions
        assert any("medium-dark skin tone" in caption for caption in captions.members)
        of_members = {base(caption) for caption in captions.members}
        assert any(base(caption) in of_members for caption in captions.held_out) == shared
    assert not any("skin tone" in caption for caption in load_emoji().captions.members)


@pytest.mark.slow
def test_no_near_copy_of_a_member_is_held_out_unless_asked_for():
    split = load_emoji(5)
    images = torch.stack([image for image, _ in everything(split, split.captions)])
    part = np.repeat([0, 1, 2], [len(words) for words in split.captions])
    pairs = find_copies(images).pairs
    assert len(pairs) > 30
    assert (part[pairs[:, 0]] == part[pairs[:, 1]]).all()
    apart = load_emoji(5, variants="apart")
    assert len(find_copies(apart.candidates).across(len(apart.members))) > 20


@given(st.lists(st.integers(0, 9), min_size=8, max_size=40), st.integers(0, 99))
def test_groups_stay_whole_and_no_row_is_lost(groups, seed):
    groups = np.array([*groups, 100, 101, 102, 103])  # that fill what larger ones leave
    parts = draw_groups(groups, seed, 2, 2)
    assert sorted(np.concatenate(parts)) == list(range(len(groups)))
    owners = [set(groups[part]) for part in parts]
    assert sum(map(len, owners)) == len(set(groups))


def test_other_tones_of_a_picture_are_near_it_differ_from_it_and_say_so():
    split = load_emoji()
    found = other_tones(split.members)
    assert 50 < len(found) < 150
    for row, tones in found.items():
        assert len(tones.images) == len(tones.captions) >= 1
        assert all(c.startswith(split.captions.members[row]) and "skin tone" in c for c in tones.captions)
        apart = (tones.images - split.members[row]).square().mean((1, 2, 3)).sqrt()
        assert 0 < apart.min() <= apart.max() < 1
    assert max(len(tones.captions) for tones in found.values()) >= 5


def test_tones_of_a_picture_that_is_none_of_these_are_refused():
    images = load_emoji().members[:3].clone()
    images[1] += 0.5
    with pytest.raises(ValueError, match="image 1 is none of the archive's pictures in their usual tone; take those of load_e"):
        other_tones(images)


def test_the_other_hand_draws_the_same_concepts_in_the_same_order():
    images, captions, categories = load_other_hand()
    assert dict(zip(captions, categories, strict=True))["hippopotamus"] == "Animals & Nature"
    pictures = pictures_of(load_emoji())
    ours = torch.stack([pictures[caption] for caption in captions])
    assert images.shape == ours.shape
    assert not torch.equal(images, ours)
    assert (nearest(images[:400], ours[:400]).index == torch.arange(400)).double().mean() > 0.25  # by chance, 1 of 400


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"members": 1}, "at least 2 and at most 1623 together"),
        ({"members": 1000, "held_out": 1000}, "at least 2 and at most 1623 together"),
        ({"variants": "all"}, "variants must be one of out, together, apart, got 'all'"),
    ],
)
def test_a_split_that_cannot_be_drawn_is_refused(asked, message):
    with pytest.raises(ValueError, match=message):
        load_emoji(**asked)


def test_larger_pictures_that_have_not_been_made_say_how_to_make_them(tmp_path, monkeypatch):
    monkeypatch.setitem(ARCHIVES, 64, Archives(tmp_path / "emoji.npz", tmp_path / "twemoji.npz"))
    with pytest.raises(FileNotFoundError, match=r"^no emoji of 64 x 64 at .*`npm pack .*`, then `.* make-emoji \. --size 64`$"):
        archives_of(64)
    with pytest.raises(ValueError, match="there are emoji of 32 and 64 pixels a side, got 48"):
        archives_of(48)
    assert archives_of(32) == ARCHIVES[32]


def test_groups_that_do_not_fill_the_parts_are_refused():
    with pytest.raises(ValueError, match="do not fill 2 members and 2 held-out images; ask for fewer"):
        draw_groups(np.array([0, 0, 0, 1, 1, 1]), 0, 2, 2)


@pytest.mark.parametrize("which", ["captions", "categories"])
def test_each_image_needs_its_words(which):
    images, enough = torch.rand(6, 3, 4, 4), Words(("a", "b"), ("c", "d"), ("e", "f"))
    words = {"captions": enough, "categories": enough, which: enough._replace(held_out=("c",))}
    with pytest.raises(ValueError, match="held_out has 2 images and 1 captions or categories"):
        CaptionedSplit(images[:2], images[2:4], images[4:], **words)
