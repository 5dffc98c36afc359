"""Does a model on disk give away its training images? One call from two folders to a report."""

from helpers.audit.procedure import Audit, Settings, audit

__all__ = [
    "Audit",
    "Settings",
    "audit",
]
