"""The widgets' computations agree with Python's, by tests in JavaScript that get Python's answers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_curve

from helpers.data.bitmaps import SIDE, SIZES, image_of, levels
from helpers.data.catalogue import load_digits, load_fashion
from helpers.evaluation.epsilon_bound import bound_of_counts
from helpers.evaluation.privacy_region import allowed_tpr
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.schedule import ddim_step, linear_scheduler
from helpers.models.text_to_image import word_tokenizer
from helpers.training.emoji_recipes import public_pictures, split_of_seed
from helpers.widgets.source import WIDGETS_FOLDER, script
from helpers.widgets.vocabulary import vocabulary

SPELT = ["Red  HEART", "family: man,woman ,boy", "T-Shirt", " cjk ideograph-7981\n", "man’s shoe"]  # a caption in other ways
DENO = Path(sys.executable).parent / "deno"


def answers():
    rng = np.random.default_rng(0)
    members, held_out, distances = rng.normal(1, 1, 101).round(1), rng.normal(0, 1, 101).round(1), rng.uniform(1, 3, 300)
    scores, labels = np.concatenate([members, held_out]), np.repeat([1, 0], 101)
    fpr, tpr, _ = roc_curve(labels, scores, drop_intermediate=False)
    images, alphas_cumprod = load_digits().members, linear_scheduler().alphas_cumprod
    training, query = images[:50].double(), images[60:61].double() * 0.8
    theory = EmpiricalDenoiser(training, alphas_cumprod)
    bitmaps = [(torch.from_numpy(rng.integers(0, white + 1, (32, 32))), white) for white in SIZES]
    known = {1: load_digits().members[:3], 255: load_fashion().members[:3]}
    widgets = [path.stem for path in WIDGETS_FOLDER.glob("*.js") if "export default" in path.read_text()]
    fprs = (0.01, 0.05, 0.5)
    split = split_of_seed(0)
    captions = [caption for part in split.captions for caption in part]
    tokenizer = word_tokenizer(public_pictures().captions)
    z, noise = rng.normal(size=(2, 6))
    return {
        "scripts": {name: script(name) for name in sorted(widgets)},
        "members": members.tolist(),
        "held_out": held_out.tolist(),
        "roc": np.stack([fpr, tpr], 1).tolist(),
        "counts": np.histogram(distances, bins=40, range=(0.5, 3.5))[0].tolist(),
        "quantiles": [
            {"values": values.tolist(), "q": q, "quantile": np.quantile(values, q)}
            for values in (members, distances, distances[:1])  # an odd and an even number of them, and one
            for q in (0, 0.05, 0.5, 0.77, 1)
        ],
        "norms": [[p, torch.linalg.vector_norm(torch.from_numpy(held_out), p).item()] for p in (1, 2, 4)],
        "distances": distances.tolist(),
        "thresholds": [[f, np.sort(distances)[int(f * 300) - 1]] for f in fprs],
        "query": query.flatten().tolist(),
        "training": training.flatten(1).tolist(),
        "theory": [
            {
                "alpha_bar": alphas_cumprod[t].item(),
                "weights": theory.kernel_weights(query, t).flatten().tolist(),
                "mean": theory.local_mean(query, t).flatten().tolist(),
                "noise": theory.predict_noise(query, t).flatten().tolist(),
            }
            for t in (10, 100, 400, 900)
        ],
        "vocabulary": vocabulary(tokenizer, captions),
        "allowed": [
            [fpr, eps, delta, float(allowed_tpr(fpr, eps, delta))]
            for fpr in (0, 0.001, 0.01, 0.3, 1)
            for eps in (0.03, 1, 5, 40)
            for delta in (1e-6, 0.1)
        ],
        "faultless": [
            [n, delta, *(float(v[0]) for v in bound_of_counts(([n], [0]), (n, n), delta, 0.95))]
            for n in (1, 10, 300, 100_000)
            for delta in (1e-6, 1e-3, 0.1)
        ],
        "frame": {"start": 0, "end": 1, "fill": 1, "length": 16},
        "captions": [*captions, *SPELT, ""],
        "tokens": tokenizer([*captions, *SPELT, ""], padding="max_length").input_ids,
        "latent": z.tolist(),
        "noise": noise.tolist(),
        "ddim": [
            {
                "here": alphas_cumprod[s].item(),
                "there": 1.0 if e is None else alphas_cumprod[e].item(),
                "z": ddim_step(torch.from_numpy(z)[None], torch.from_numpy(noise)[None], s, e, alphas_cumprod)[0].tolist(),
            }
            for s, e in ((999, 959), (39, None))
        ],
        "side": SIDE,
        "levels": [
            {
                "brightest": levels(white),
                "levels": ((images.double() + 1) / 2 * levels(white)).round().flatten().tolist(),
                "images": images.flatten().tolist(),
            }
            for white, images in known.items()
        ],
        "bitmaps": [{"bitmap": b.tolist(), "white": w, "size": SIZES[w], "image": image_of(b, w).tolist()} for b, w in bitmaps],
    }


@pytest.mark.slow
def test_the_widgets_compute_what_python_computes(tmp_path):
    path = tmp_path / "python.json"
    path.write_text(json.dumps(answers()))
    command = [DENO, "test", "--quiet", "--no-check", "--allow-read", "--allow-env", Path(__file__).parent]
    environment = os.environ | {"PYTHON": str(path), "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 failed" in done.stdout
