"""Near copies across a split are found, and a fair split has about as many as it should."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image

from helpers.data.catalogue import load_digits, load_fashion
from helpers.data.near_copies import find_copies, groups_of_copies, near_copies, nearest, suspects
from helpers.data.splits import MembershipSplit


@pytest.fixture
def split():
    return load_digits()


def test_the_nearest_is_found_one_pair_at_a_time(split):
    images, others = split.held_out[:20], split.members[:30]
    found = nearest(images, others)
    for i, image in enumerate(images.numpy()):
        gaps = [np.sqrt(((image - other) ** 2).mean()) for other in others.numpy()]
        assert found.distance[i].item() == pytest.approx(min(gaps), rel=1e-5)
        assert found.index[i] == int(np.argmin(gaps))


def test_an_image_is_not_its_own_neighbour(split):
    images = split.members[:20]
    found = nearest(images, batch_size=7)
    assert (found.index != torch.arange(20)).all()
    assert (found.distance > 0).all()


def test_batches_change_nothing(split):
    whole, parts = nearest(split.held_out, split.members), nearest(split.held_out, split.members, batch_size=37)
    assert torch.equal(whole.index, parts.index)
    assert torch.equal(whole.distance, parts.distance)


def test_a_tiny_difference_is_not_rounded_away(split):
    almost = (split.members[:3] + 1e-4).clamp(max=1)
    found = nearest(almost, split.members)
    assert found.index.tolist() == [0, 1, 2]
    assert (found.distance < 2e-4).all()
    assert (found.distance > 0).all()


def test_copies_are_suspect_and_come_first(split):
    held_out = split.held_out.clone()
    held_out[[4, 9]] = (split.members[[100, 200]] * 0.99).clamp(-1, 1)
    rows = suspects(MembershipSplit(split.members, held_out))
    assert set(rows[:2].tolist()) == {4, 9}


def test_a_fair_split_has_about_as_many_suspects_as_chance_gives(split):
    assert len(suspects(split, 0)) <= 1
    assert 30 <= len(suspects(split, 0.1)) <= 90  # 60 of 600 are expected


def test_members_with_a_little_noise_are_near_copies_and_held_out_images_mostly_not():
    split = load_digits(members=200, held_out=200)
    noise = 0.01 * torch.randn(split.members.shape, generator=torch.Generator().manual_seed(0))
    near, found = near_copies((split.members + noise).clamp(-1, 1), split.members)
    assert near.all()
    assert found.distance.max() < 0.02
    assert found.index.tolist() == [*range(200)]
    assert near_copies(split.held_out, split.members)[0].float().mean() < 0.05


def test_a_larger_quantile_finds_more_copies():
    split = load_digits(members=200, held_out=200)
    shares = [near_copies(split.held_out, split.members, quantile)[0].float().mean() for quantile in (0.0, 0.5, 1.0)]
    assert shares[0] < shares[1] < shares[2]


def test_an_exact_copy_is_one_even_where_members_are_copies_of_each_other(split):
    members = torch.cat([split.members[:10], split.members[:10]])
    near, _ = near_copies(torch.cat([split.members[3:4], split.held_out[:1]]), members)
    assert near.tolist() == [True, False]


@pytest.mark.parametrize("quantile", [-0.1, 1.1])
def test_a_quantile_out_of_range_is_refused(split, quantile):
    with pytest.raises(ValueError, match=r"quantile must be in \[0, 1\], got"):
        suspects(split, quantile)


def test_images_without_a_neighbour_or_of_two_shapes_are_refused(split):
    with pytest.raises(ValueError, match=r"share a shape and hold a neighbour, got \(1, 1, 8, 8\)"):
        nearest(split.members[:1])
    with pytest.raises(ValueError, match="share a shape"):
        nearest(split.members, torch.zeros(2, 1, 4, 4))


def test_the_nearest_is_what_comparing_each_pair_gives(split):
    images, others = split.held_out[:200], split.members
    gaps = torch.cdist(images.flatten(1), others.flatten(1), compute_mode="donot_use_mm_for_euclid_dist").min(1)
    found = nearest(images, others)
    assert torch.equal(found.index, gaps.indices)
    assert torch.allclose(found.distance, gaps.values / 8, rtol=1e-6)


def test_of_equal_neighbours_the_first_is_named_and_equal_images_are_each_others():
    images = torch.zeros(30, 1, 4, 4)
    assert nearest(images[:3], images).index.tolist() == [0, 0, 0]
    found = nearest(images)
    assert (found.distance == 0).all()
    assert (found.index != torch.arange(30)).all()


def photographs(size, n):
    """Disjoint parts of two photographs, each with a margin of one pixel: (n, size + 2, size + 2, 3) of uint8."""
    found = []
    for name in ("china.jpg", "flower.jpg"):
        image = load_sample_image(name)
        rows, columns = (range(0, side - size - 1, size + 2) for side in image.shape[:2])
        found += [image[y : y + size + 2, x : x + size + 2] for y in rows for x in columns]
    return np.stack(found)[np.random.default_rng(0).permutation(len(found))[:n]]


def tensor(pixels):
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1


def frames(pictures, kind):
    """Five near-identical frames of each picture: (5 n, c, h, w), and whose they are."""
    chance, inner = np.random.default_rng(1), pictures[:, 1:-1, 1:-1]
    found = [inner]
    for down, right in ((0, 1), (1, 0), (2, 1), (1, 2)):
        if kind == "shift":
            found.append(pictures[:, down : down + inner.shape[1], right : right + inner.shape[2]])
        elif kind == "noise":
            found.append((inner.astype(int) + chance.integers(-2, 3, inner.shape)).clip(0, 255).astype(np.uint8))
        else:
            found.append(np.stack([compressed(image, 70 + 5 * down + right) for image in inner]))
    return tensor(np.concatenate(found)), np.tile(np.arange(len(pictures)), 5)


def compressed(image, quality):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


SETS = {
    "digits": lambda: load_digits(members=800, held_out=800).candidates,
    "fashion": lambda: load_fashion(members=1000, held_out=1000).candidates,
    "fashion of 32 pixels": lambda: load_fashion(members=300, held_out=300, size=32).candidates,
    "photographs": lambda: tensor(photographs(64, 400)),
    "small photographs": lambda: tensor(photographs(32, 400)),
    "noise": lambda: torch.rand(200, 3, 8, 8, generator=torch.Generator().manual_seed(0)),
}


@pytest.mark.parametrize("name", SETS)
def test_nothing_is_found_where_there_are_no_copies(name):
    images = SETS[name]()
    images = torch.nn.functional.interpolate(images, (32, 32), mode="area") if images.shape[-1] > 32 else images
    assert len(find_copies(images).pairs) == 0
    assert len(set(groups_of_copies(images))) == len(images)


def textured(pictures):
    """Those that are no sky: in a picture of one colour, noise is all there is."""
    return pictures[pictures.std((1, 2)).mean(1) > 25]


@pytest.mark.parametrize("kind", ["noise", "shift", "jpeg"])
@pytest.mark.parametrize("share", [0.2, 1.0])
def test_bursts_become_groups_however_many_there_are(kind, share):
    pictures = textured(photographs(64, 400))
    some = int(share * len(pictures))
    burst, whose = frames(pictures[:some], kind)
    images = torch.cat([burst, tensor(pictures[some:, 1:-1, 1:-1])])
    whose = np.concatenate([whose, np.arange(some, len(pictures))])
    found = find_copies(torch.nn.functional.interpolate(images, (32, 32), mode="area"))
    assert (whose[found.pairs[:, 0]] == whose[found.pairs[:, 1]]).all()
    assert len(set(found.groups)) < 1.1 * len(pictures)


def test_equal_images_are_one_group_in_any_number_and_also_where_there_are_few():
    assert groups_of_copies(torch.zeros(300, 1, 8, 8)).tolist() == [0] * 300
    images = load_digits().members[:3]
    assert groups_of_copies(images[[0, 1, 0, 2, 1]]).tolist() == [0, 1, 0, 2, 1]
    assert groups_of_copies(images[:1]).tolist() == [0]


def test_copies_across_two_groups_come_nearest_first():
    images = load_digits().candidates[:400].clone()
    noise = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    images[10] = images[300]
    images[20] = (images[305] + 0.02 * noise[0]).clamp(-1, 1)
    images[30] = (images[31] + 0.02 * noise[1]).clamp(-1, 1)
    found = find_copies(images).across(200)
    assert [pair[:2] for pair in found] == [(10, 100), (20, 105)]
    assert found[0][2] == 0
    assert 0 < found[1][2] < 0.03


def test_images_of_a_few_pixels_are_compared_as_they_are():
    images = torch.rand(100, 3, 2, 5, generator=torch.Generator().manual_seed(0))
    images[7] = images[3] + 1e-4
    assert find_copies(images.clamp(max=1)).pairs.tolist() == [[3, 7]]


def test_copies_are_looked_for_among_valid_images_only():
    with pytest.raises(ValueError, match="images is empty"):
        find_copies(torch.empty(0, 3, 8, 8))
