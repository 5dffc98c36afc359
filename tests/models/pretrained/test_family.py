"""What a family knows of its components does not contradict itself."""

import pytest

from helpers.models.pretrained import FAMILIES


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.pipelines[0])
def test_what_a_family_names_does_not_overlap(family):
    assert set(family.components).isdisjoint(family.unneeded)
    assert set(family.optional) <= set(family.components)
    assert not set(family.settings) & set(family.components)
