"""Widgets that draw from data computed at build time: the same in a notebook and in a page without a kernel."""

from helpers.widgets.along import AlongThePath
from helpers.widgets.base_rate import BaseRate
from helpers.widgets.budget import Budget
from helpers.widgets.draw import DrawAndScore
from helpers.widgets.explorer import TimestepExplorer
from helpers.widgets.forward import ForwardProcess
from helpers.widgets.frontier import Frontier
from helpers.widgets.how_many import HowManyPictures
from helpers.widgets.league import LeagueTable
from helpers.widgets.nearest_sample import NearestOfN
from helpers.widgets.playground import KernelPlayground
from helpers.widgets.prompt import PromptPlayground
from helpers.widgets.published import PublishedTable
from helpers.widgets.remembered import WhoIsRemembered
from helpers.widgets.reverse import ReverseProcess
from helpers.widgets.scrubber import TrainingScrubber
from helpers.widgets.shift import FractionSlider, ShiftSlider
from helpers.widgets.stopped import StoppedTraining
from helpers.widgets.tuning import FineTunes
from helpers.widgets.viewer import AttackViewer
from helpers.widgets.walk import LatentWalk

__all__ = [
    "AlongThePath",
    "AttackViewer",
    "BaseRate",
    "Budget",
    "DrawAndScore",
    "FineTunes",
    "ForwardProcess",
    "FractionSlider",
    "Frontier",
    "HowManyPictures",
    "KernelPlayground",
    "LatentWalk",
    "LeagueTable",
    "NearestOfN",
    "PromptPlayground",
    "PublishedTable",
    "ReverseProcess",
    "ShiftSlider",
    "StoppedTraining",
    "TimestepExplorer",
    "TrainingScrubber",
    "WhoIsRemembered",
]
