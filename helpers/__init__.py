"""The code behind *The Denoiser Remembers*: score-based membership inference on diffusion models.

Data flows one way, and no module imports one to its right::

    data, schedule -> theory, denoisers, checkpoints -> training -> zoo -> attacks -> metrics, comparison -> league
    -> plots, pictures, widgets
"""

__version__ = "0.1.0"
