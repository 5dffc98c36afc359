"""Does a model on disk give away its training images? One call from two folders to a report."""

from helpers.audit.procedure import Audit, audit
from helpers.audit.settings import Settings

__all__ = [
    "Audit",
    "Settings",
    "audit",
]
