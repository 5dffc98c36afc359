"""Which attacks are there? An attack is its file and its entry here; league, tests and command line follow."""

from helpers.attacks.calibrated import CalibratedLoss
from helpers.attacks.data_only import DataOnly
from helpers.attacks.gsa import GSA
from helpers.attacks.influential import Influential
from helpers.attacks.inverted import InvertedSimA
from helpers.attacks.lira import LiRA
from helpers.attacks.loss import Loss
from helpers.attacks.pfami import PFAMI
from helpers.attacks.pia import PIA, PIAN
from helpers.attacks.pixel import PixelSimA
from helpers.attacks.rediffuse import ReDiffuse
from helpers.attacks.registered import Registered
from helpers.attacks.secmi import SecMI, SecMINN
from helpers.attacks.sima import SimA, SimAMonteCarlo

# By the name in tables and figures, in their order.
ATTACKS = {
    "SimA": Registered(SimA(), command="sima"),
    "SimA-MC (norm of mean)": Registered(SimAMonteCarlo(draws=4, order="norm_of_mean")),
    "SimA-MC (mean of norms)": Registered(SimAMonteCarlo(draws=4)),
    "Loss": Registered(Loss()),
    "Loss, 4 draws": Registered(Loss(draws=4)),
    "Loss, 8 draws": Registered(Loss(draws=8), league=False, command="loss"),
    "Loss, calibrated": Registered(CalibratedLoss(), needs=("labels",), timestep_of="Loss, 4 draws", league=False),
    "SecMI": Registered(SecMI(), command="secmi"),
    "SecMI-NN": Registered(SecMINN(), needs=("labels",), timestep_of="SecMI"),
    "PIA": Registered(PIA(), command="pia"),
    "PIAN": Registered(PIAN()),
    "PFAMI": Registered(PFAMI(timesteps=tuple(range(0, 500, 100)), crops=PFAMI().crops[::2])),
    "ReDiffuse": Registered(ReDiffuse(draws=5)),
    "GSA": Registered(GSA(), needs=("gradients", "labels")),
    "LiRA": Registered(LiRA, needs=("shadow models",)),
    "data only": Registered(DataOnly(), needs=("labels",)),
    "PixelSimA": Registered(PixelSimA(), needs=("latents",)),
    "InvertedSimA": Registered(InvertedSimA(), needs=("latents",)),
    "Influential SimA": Registered(Influential(SimA(), 0.6), needs=("latents",)),
}
