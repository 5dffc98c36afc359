"""Which fine-tune comes with the book? A LoRA beside ``ddpm-digits``, on digits that its base never saw."""

from pathlib import Path

from torch import Tensor

from helpers.data.catalogue import load_digits
from helpers.training.lora import save_lora, train_lora
from helpers.zoo.pixel_models import load

LORA_BASE = "ddpm-digits"
LORA_DIGITS = Path(__file__).parent / "committed" / "lora-digits"
FINE_TUNED_ON = 150  # images


def lora_split() -> tuple[Tensor, Tensor]:
    """The images that the LoRA was trained on (150, 1, 8, 8), and those that neither it nor its base saw (450, 1, 8, 8)."""
    unseen = load_digits().held_out
    return unseen[:FINE_TUNED_ON], unseen[FINE_TUNED_ON:]


def make_lora(folder: Path = LORA_DIGITS, steps: int = 300) -> Path:
    """Train it anew, in about a minute, and write it."""
    return save_lora(train_lora(load(LORA_BASE), lora_split()[0], steps=steps), folder)
