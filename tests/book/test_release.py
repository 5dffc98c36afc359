"""A release has the notes of its version, the PDF and the whole site, and no tag of another version has one."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHANGES = "# Changelog\n\n## 0.3.0 (2027-01-01)\n\n- New.\n\n## 0.2.0 (2026-01-01)\n\n- Old.\n"
GH = '#!/bin/sh\nfor given in "$@"; do echo "$given"; done > told\n'


@pytest.fixture
def release(tmp_path):
    """release(tag) publishes a tiny project of version 0.3.0 with a `gh` that writes down what it is told."""
    for path, text in {
        "helpers/__init__.py": '__version__ = "0.3.0"\n',
        "CHANGELOG.md": CHANGES,
        "_build/html/slides/part-1.html": "a deck",
        "_build/pdf/book.pdf": "a book",
        "bin/gh": GH,
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "bin" / "gh").chmod(0o755)
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "release", tmp_path / ".ci")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    environment = os.environ | {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}

    def run(tag):
        command = [tmp_path / ".ci" / "release"]
        return subprocess.run(command, capture_output=True, text=True, env=environment | {"GITHUB_REF_NAME": tag})

    return run


def test_a_release_has_its_entry_of_the_changelog_the_pdf_and_the_site(release, tmp_path):
    done = release("v0.3.0")
    assert done.returncode == 0, done.stderr
    told = (tmp_path / "told").read_text().splitlines()
    assert told[:3] == ["release", "create", "v0.3.0"]
    assert (tmp_path / told[told.index("--notes-file") + 1]).read_text().strip() == "- New."
    assert told[-2:] == ["_build/pdf/book.pdf", "_build/the-denoiser-remembers-0.3.0.zip"]
    assert "html/slides/part-1.html" in zipfile.ZipFile(tmp_path / told[-1]).namelist()


def test_a_tag_of_another_version_is_refused(release, tmp_path):
    done = release("v0.4.0")
    assert done.returncode == 1
    assert done.stderr == "error: the tag is v0.4.0, and the version in helpers/__init__.py is 0.3.0\n"
    assert not (tmp_path / "told").exists()


def test_slides_and_pdf_are_made_before_anything_is_published():
    for name, last in (("release", "make release"), ("book", "make lab-branch")):
        workflow = yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text())
        steps = [step["run"] for step in next(iter(workflow["jobs"].values()))["steps"] if "run" in step]
        assert steps == ["make book", "make slides", "make pdf", last]
