"""Widgets that draw from data computed at build time: the same in a notebook and in a page without a kernel."""

from helpers.widgets.explorer import TimestepExplorer
from helpers.widgets.forward import ForwardProcess
from helpers.widgets.playground import KernelPlayground

__all__ = ["ForwardProcess", "KernelPlayground", "TimestepExplorer"]
