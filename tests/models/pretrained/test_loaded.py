"""A model on disk is told prompts or classes, or says that it takes none."""

import pytest

from helpers.models.pretrained import LoadedModel


def model(**settings):
    return LoadedModel("untold", "SomePipeline", (3, 8, 8), **settings)


def test_classes_are_numbers_names_or_the_null_class():
    asked = model(tell_labels=list, classes=3, null_class=3, class_names={"cat": 1, "7": 2})
    assert asked.told_labels([0, "cat", "2", "7", None]) == [0, 1, 2, 2, 3]
    assert not asked.needs_labels
    assert model(tell_labels=list, classes=3).needs_labels
    assert not model().needs_labels


@pytest.mark.parametrize("label", [3, -1, "dog", 1.5, "-1", None])
def test_another_label_is_named(label):
    with pytest.raises(ValueError, match=r"a label must be a number in \[0, 3\), or one of cat, \.\.\.; got"):
        model(tell_labels=list, classes=3, class_names={"cat": 1}).told_labels([label])


def test_what_a_model_does_not_take_is_said():
    with pytest.raises(ValueError, match="SomePipeline takes no labels"):
        model().told_labels([1])
    with pytest.raises(ValueError, match="SomePipeline takes no prompts"):
        model().told(["a"])
    assert model(tell_prompts=list).told(["a"]) == ["a"]


def test_what_somebody_chose_to_tell_it_is_told():
    told = model(tell_prompts=list)
    assert told.under("empty", ["a", "b"]) == "untold"
    assert told.under("captions", ["a", "b"]) == ["a", "b"]
    assert told.under("a photo", ["a", "b"]) == ["a photo"]
    assert model().under("empty", []) == "untold"
    with pytest.raises(ValueError, match="SomePipeline takes no prompts"):
        model().under("captions", ["a"])


def test_a_model_of_classes_takes_captions_and_prompts_for_classes():
    asked = model(tell_labels=list, classes=3, null_class=3, class_names={"cat": 1})
    assert asked.under("captions", ["cat", "2", ""]) == [1, 2, 3]
    assert asked.under("cat", ["2"]) == [1]
    assert asked.under("empty", ["2"]) == "untold"
    with pytest.raises(ValueError, match="a label must be a number"):
        asked.under("a photo", [])


def test_all_prompts_there_will_be_are_prepared():
    asked = []
    told = model(tell_prompts=list, prepare_prompts=asked.append)
    for prompts in ("empty", "captions", "a photo"):
        told.prepare(prompts, ["a", "b"])
    assert asked == [[""], ["a", "b"], ["a photo"]]
    model().prepare("captions", ["a"])
