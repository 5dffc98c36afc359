"""What did others record when the held-out images came from elsewhere, and when a threshold went from one set to another?

CopyMark attacks public models, on sets of 2,500 images each. Nothing here was measured for this book: the figures were read from
the raw result files that its authors published. Of PIA and PFAMI those of the "sum" files are given, of SecMI those of the files
"sum" or "50th", whichever a model has. In the files of GSA on two models an AUC of 0 stands beside a TPR of 1, so that only its
rates are given.
Source: Liang and You (arXiv 2410.03640), https://github.com/caradryanl/CopyMark, ``diffusers/experiments``, commit 069ea02.
"""

import pandas as pd

SD, LDM = "Stable Diffusion 1.5", "latent diffusion, faces"
COMMON, KOHAKU = "CommonCanvas-XL", "Kohaku-XL"
# Stable Diffusion 1.5: members from LAION, chosen for their looks; a share of the held-out images from COCO, the rest from LAION.
SHARES_OF_COCO = (0.0, 0.25, 0.5, 0.75, 1.0)
MIXED = {
    "PIA": (0.6689, 0.6944, 0.7225, 0.7452, 0.7676),
    "SecMI": (0.6607, 0.6706, 0.6828, 0.6919, 0.6991),
}
ONE_SOURCE = {"PIA": 0.5344, "SecMI": 0.5231, "PFAMI": 0.5101}  # the same model, members and held-out images from LAION-mi

# A threshold for a false-positive rate of 1% was set on one pair of sets, and used on another pair of the same sources.
ALLOWED = 0.01
_CARRIED = {
    (LDM, "GSA-1"): (0.9568, 0.0732),
    (LDM, "GSA-2"): (0.9556, 0.0780),
    (LDM, "PFAMI"): (0.5016, 0.0192),
    (LDM, "PIA"): (0.0252, 0.0100),
    (LDM, "SecMI"): (0.0696, 0.0084),
    (SD, "GSA-1"): (0.9408, 0.5100),
    (SD, "GSA-2"): (0.8816, 0.2232),
    (SD, "PFAMI"): (0.2068, 0.0072),
    (SD, "PIA"): (0.3420, 0.0112),
    (SD, "SecMI"): (0.3096, 0.0084),
    (COMMON, "GSA-2"): (0.8880, 0.1052),
    (COMMON, "PFAMI"): (0.0032, 0.0060),
    (COMMON, "PIA"): (0.0172, 0.0084),
    (COMMON, "SecMI"): (0.0080, 0.0060),
    (KOHAKU, "GSA-1"): (0.5668, 0.4192),
    (KOHAKU, "GSA-2"): (0.5536, 0.4292),
    (KOHAKU, "PFAMI"): (0.0156, 0.0144),
    (KOHAKU, "PIA"): (0.0092, 0.0132),
    (KOHAKU, "SecMI"): (0.0116, 0.0136),
}
CARRIED = pd.DataFrame(
    [(model, attack, tpr, fpr) for (model, attack), (tpr, fpr) in _CARRIED.items()], columns=["model", "attack", "TPR", "FPR"]
)
