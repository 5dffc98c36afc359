"""The code behind *The Denoiser Remembers*: score-based membership inference on diffusion models.

Data flows one way, and no module imports one to its right::

    data, bitmaps, schedule -> theory, denoisers, checkpoints -> training, autoencoders -> zoo, latent, geometry -> attacks
    -> metrics, comparison, quality -> league -> experiments, outcomes -> latent_zoo, sweeps, studies, frontier
    -> export, plots, pictures, tradeoffs, widgets
"""

__version__ = "0.1.0"
