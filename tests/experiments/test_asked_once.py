"""What was asked once is not asked again, until the model changes."""

from dataclasses import dataclass, field

import torch

from helpers.experiments.asked_once import Known, Once

IMAGES = torch.zeros(2, 1, 4, 4)


@dataclass(frozen=True)
class Counting:
    """Scores by the denoiser's number, and counts how often it was asked."""

    timestep: int = 50
    asked: list = field(default_factory=list, compare=False)

    @property
    def queries(self):
        return 3

    def score(self, denoiser, images):
        self.asked.append(denoiser)
        return torch.full((len(images),), float(denoiser["number"]))


class Model:
    def __init__(self, number):
        self.number = number

    def told(self, captions):
        return {"number": self.number, "captions": tuple(captions)}


def test_each_attack_asks_each_model_about_the_same_images_once():
    known, attack = Known(), Counting()
    model, base = Model(1), Model(2)
    for _ in range(2):
        for asked in (model, base):
            score = Once(attack, known).score(known.told(asked, ["cat", "dog"]), IMAGES)
            assert score.tolist() == [asked.number] * 2
    assert len(attack.asked) == 2
    Once(attack, known).score(known.told(model, ["dog", "cat"]), IMAGES)
    Once(attack, known).score(known.told(model, ["cat", "dog"]), IMAGES[:1])
    Once(Counting(60, attack.asked), known).score(known.told(model, ["cat", "dog"]), IMAGES)
    Once(attack, known).score(known.told(model, ["cat", "dog"]), IMAGES + 1)
    assert len(attack.asked) == 6
    Once(attack, known).score(known.told(model, ["cat", "dog"]), IMAGES.clone())
    assert len(attack.asked) == 6
    assert Once(attack, known).queries == 3


def test_a_model_that_has_changed_is_asked_anew_and_the_other_is_not():
    known, attack = Known(), Counting()
    model, base = Model(1), Model(2)
    for asked in (model, base):
        Once(attack, known).score(known.told(asked, ["cat"]), IMAGES)
    model.number = 7
    known.forget(model)
    assert Once(attack, known).score(known.told(model, ["cat"]), IMAGES).tolist() == [7, 7]
    Once(attack, known).score(known.told(base, ["cat"]), IMAGES)
    assert len(attack.asked) == 3


def test_a_denoiser_of_somebody_else_is_asked_every_time():
    attack = Counting()
    for _ in range(2):
        Once(attack, Known()).score(Model(1).told(["cat"]), IMAGES)
    assert len(attack.asked) == 2
