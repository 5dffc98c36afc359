"""The code behind *The Denoiser Remembers*: score-based membership inference on diffusion models.

Data flows one way, and no package imports one to its right (``make lint`` checks it)::

    files, errors -> data -> models -> training -> zoo -> attacks -> evaluation -> figures -> experiments, audit -> widgets
    -> exercises -> the command line
"""

__version__ = "0.2.0"
