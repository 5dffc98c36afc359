"""Families name what there is, and no pipeline is of two of them."""

import importlib
from collections import Counter

import diffusers
import pytest

from helpers.models.pretrained import FAMILIES
from helpers.models.pretrained.pixels import BARE


def test_no_pipeline_is_of_two_families():
    assert max(Counter(name for family in FAMILIES for name in family.pipelines).values()) == 1


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.pipelines[0])
def test_every_class_that_a_family_names_is_one_of_diffusers_or_transformers(family):
    classes = {name for names in family.components.values() for name in names}
    assert {name.partition(".")[0] for name in classes} <= {"diffusers", "transformers"}
    missing = [name for name in classes if not hasattr(importlib.import_module(name.partition(".")[0]), name.partition(".")[2])]
    assert missing == []
    # PNDMPipeline is in model indexes of old, and no longer in diffusers.
    assert [name for name in family.pipelines if name not in (BARE, "PNDMPipeline") and not hasattr(diffusers, name)] == []
