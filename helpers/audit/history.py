"""How many audits of the same model and images is this one the result of?

Of k audits of an innocent model the most damning one accuses up to k times as often as a single one. So each is noted beside
its report, and its p-value is multiplied by their number (Bonferroni). Audits with another output are not known.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from helpers.files import replacing

FILE = "history.json"


def note(output: Path, about: Mapping[str, str], settings: str) -> int:
    """Note an audit in the folder `output`, and count those with other settings, itself included.

    Args:
        about: what is audited, model and images, by their hashes.
        settings: with which; the same ones again are the same audit.
    """
    subject = hashlib.sha256(json.dumps(dict(about), sort_keys=True).encode()).hexdigest()
    known = _read(output / FILE)
    tried = known.setdefault(subject, [])
    if settings not in tried:
        tried.append(settings)
        with replacing(output / FILE) as temporary:
            temporary.write_text(json.dumps(known, indent=2), encoding="utf-8")
    return len(tried)


def _read(path: Path) -> dict[str, list[str]]:
    """What is known; a file that is not ours, or damaged, knows nothing."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return {str(subject): [str(s) for s in tried] for subject, tried in known.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
