"""What the project says about itself is true: its dependencies, its vendored files, its links."""

import ast
import hashlib
import importlib
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import helpers
from helpers.__main__ import main

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
VENDOR = ROOT / "book" / "_static" / "vendor"
PLACES = (VENDOR, ROOT / "book" / "_extra", ROOT / "helpers" / "widgets" / "runtime")  # of other people's files
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())
WORDING = {  # what the first lines of a licence of that name say
    "MIT": r"MIT Licen[sc]e",
    "BSD-3-Clause": "Redistribution and use in source and binary forms",
    "Apache-2.0": r"Apache License\s+Version 2\.0",
    "OFL-1.1": "SIL Open Font License, Version 1.1",
}
OF_SEVERAL_MODULES = {  # files of tests
    *(f"attacks/{name}" for name in ("latent_attacks", "latent_models", "protocol", "transcriptions")),
    "exercises/exercises",
    "experiments/committed_scores",
    "widgets/widgets",
}
TESTED_TOGETHER = {"attacks", "bench", "exercises", "figures", "widgets"}  # packages with modules that have no file of tests


def pins():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pinned}


def test_every_dependency_is_pinned_at_a_version_that_it_allows():
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    requirements = [Requirement(text) for group in groups for text in group]
    assert len(requirements) > 30
    for requirement in requirements:
        assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)]), requirement


def test_the_lowest_versions_that_are_allowed_are_those_that_are_tested():
    lines = [line.split("==") for line in (ROOT / "constraints-lowest.txt").read_text().splitlines() if "==" in line]
    allowed = {requirement.name: requirement.specifier for requirement in map(Requirement, PROJECT["dependencies"])}
    assert set(allowed) - {name for name, _ in lines} == {"torch"}  # whose version is fixed
    assert {name: str(allowed[name]) for name, _ in lines} == {name: f">={version}" for name, version in lines}


def test_the_fixed_pins_hold():
    assert "torch==2.13.0" in PROJECT["dependencies"]
    assert "jupyter-book>=1.0.4,<2" in PROJECT["optional-dependencies"]["book"]


def test_conda_installs_what_make_installs():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    assert conda == ["python=3.11", "pip"]
    makefile = (ROOT / "Makefile").read_text()
    installed = re.search(r"pip install (.*)", makefile).group(1).replace("'", "")
    assert [part for part in pip["pip"] if part not in installed] == []
    assert pip["pip"] == ["--constraint constraints.txt", "--editable .[book,test]"]
    assert PROJECT["requires-python"] == ">=3.11,<3.12"


def test_vendored_files_are_those_of_the_manifest():
    listed = {path: digest for package in MANIFEST["packages"] for path, digest in package["files"].items()}
    assert len(listed) == sum(len(package["files"]) for package in MANIFEST["packages"]) > 0
    for path, digest in listed.items():
        assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == digest, path
    ours = {"manifest.json", "widget-paths.js"}
    there = {p for place in PLACES for p in place.rglob("*") if p.is_file()}
    unlisted = {p.relative_to(ROOT).as_posix() for p in there if p.name not in ours and "LICENSE" not in p.name} - set(listed)
    assert unlisted == set()


@pytest.mark.parametrize("package", MANIFEST["packages"], ids=lambda p: p["name"])
def test_vendored_packages_name_their_licence(package):
    assert package["version"] in package["source"]
    assert package["source"].startswith("https://")
    head = (ROOT / package["licence_file"]).read_text()[:500]  # of a file of its own, or of a script that begins with it
    assert re.search(WORDING[package["licence"].partition(";")[0]], head, re.IGNORECASE)


def test_every_licence_that_is_there_is_that_of_a_vendored_package():
    there = {p.relative_to(ROOT).as_posix() for place in PLACES for p in place.rglob("*") if "LICENSE" in p.name}
    scripts = {file for package in MANIFEST["packages"] for file in package["files"]}
    assert there == {package["licence_file"] for package in MANIFEST["packages"]} - scripts


def pages():
    return sorted(p for folder in (SITE, SITE / "book", SITE / "book" / "api", SITE / "notebooks") for p in folder.glob("*.html"))


@pytest.mark.book
def test_links_and_anchors_inside_the_book_lead_somewhere():
    soups = {page: BeautifulSoup(page.read_text(), "html.parser") for page in pages()}
    assert len(soups) >= len(list((ROOT / "notebooks").glob("*.ipynb")))
    broken = []
    for page, soup in soups.items():
        for link in soup.select("a[href]"):
            target, _, anchor = link["href"].partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            file = (page.parent / target).resolve() if target else page
            setting = "?" in anchor  # of a widget, see tests/browser/test_teaching.py
            there = soups[file].select_one(".widget-place") if setting else file not in soups or soups[file].find(id=anchor)
            if not file.exists() or (anchor and not there):
                broken.append((page.name, link["href"]))
    assert broken == []


def test_links_to_other_sites_are_secure_and_whole():
    bibliography = (ROOT / "book" / "references.bib").read_text()
    urls = re.findall(r"\burl\s*=\s*[{\"](.*?)[}\"]", bibliography)
    assert len(urls) == len(re.findall(r"\burl\s*=", bibliography)) > 0
    assert [url for url in urls if not re.fullmatch(r"https://\S+\.\S+", url)] == []


def test_every_reference_is_cited():
    keys = re.findall(r"@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text())
    text = "".join(p.read_text() for p in [*(ROOT / "book").glob("*.md"), *(ROOT / "notebooks").glob("*.ipynb")])
    cited = {key.strip() for keys in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text) for key in keys.split(",")}
    assert len(keys) > 10
    assert set(keys) == cited


def modules(root):
    """Names as package/module, of what stands in a package of `helpers`, or in one inside it, or right under it."""
    packages = {p.parent.relative_to(ROOT / "helpers") for p in (ROOT / "helpers").rglob("*/__init__.py")}
    files = [*(ROOT / root).glob("*.py"), *(p for package in packages for p in (ROOT / root / package).glob("*.py"))]
    return {p.relative_to(ROOT / root).with_suffix("").as_posix() for p in files if p.stem not in ("__init__", "conftest")}


def test_each_module_is_tested_in_the_file_of_its_name():
    tested = {name.replace("test_", "", 1) for name in modules("tests") if "test_" in name}
    there = modules("helpers")
    assert len(there) > 70
    assert tested - there == OF_SEVERAL_MODULES
    assert {name for name in there - tested if name.split("/")[0] not in TESTED_TOGETHER} == set()


def test_scripts_are_short():
    lengths = {p.name: len(p.read_text().splitlines()) for p in (ROOT / "helpers" / "widgets").glob("*.js")}
    assert len(lengths) > 10
    assert {name: length for name, length in lengths.items() if length > 250} == {}


def test_the_readme_says_what_runs():
    text = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"make (\w+)", text))
    assert {"book", "test", "serve"} <= targets
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []
    linked = re.findall(r"\]\((?!https?:)([^)]+)\)", text)
    assert len(linked) >= 6
    assert [path for path in linked if not (ROOT / path).exists()] == []


@pytest.mark.slow
def test_the_readmes_example_runs(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    exec(example, {})
    assert capsys.readouterr().out.startswith("AUC 0.9")


def test_the_version_is_said_once_and_repeated_right():
    changed = re.search(r"^## (\S+) \((.*)\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert changed.group(1) == str(cited["version"]) == helpers.__version__
    assert changed.group(2) == str(cited["date-released"])


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.stem)
def test_a_workflow_only_calls_commands_of_the_readme(path):
    makefile = (ROOT / "Makefile").read_text()
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"]) for step in steps if "uses" in step)
    for command in (step["run"] for step in steps if "run" in step):
        target = re.fullmatch(r"make ([\w-]+)", command)
        assert command == ".ci/run" or re.search(rf"^{target[1]}:", makefile, re.MULTILINE), command


def test_templates_are_forms_that_ask_for_something():
    for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"):
        form = yaml.safe_load(path.read_text())
        assert {"name", "description", "body"} <= set(form)
        assert any(field.get("validations", {}).get("required") for field in form["body"])
    assert "make check" in (ROOT / ".github" / "pull_request_template.md").read_text()


def test_each_commit_is_checked_as_make_lint_checks():
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["entry"] for hook in repository["hooks"]] == ["make lint"]


def prose():
    """All text that people read, by file; the changelog's is about the past."""
    texts = {p: p.read_text() for p in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "book").rglob("*.md")]}
    for p in (ROOT / "notebooks").glob("*.ipynb"):
        texts[p] = "\n".join("".join(cell["source"]) for cell in json.loads(p.read_text())["cells"])
    for p in [*(ROOT / "helpers").rglob("*.py"), *(ROOT / "book").rglob("*.py"), ROOT / "Makefile"]:
        texts[p] = p.read_text()
    for p in (ROOT / "tests").rglob("*.py"):
        documented = [n for n in ast.walk(ast.parse(p.read_text())) if isinstance(n, ast.Module | ast.FunctionDef | ast.ClassDef)]
        texts[p] = "\n".join(ast.get_docstring(node) or "" for node in documented)
    return {p.relative_to(ROOT).as_posix(): text for p, text in texts.items()}


def is_there(name):
    """Can the dotted name be imported, or reached from a module that can?"""
    module, *rest = name.split(".")
    found = importlib.import_module(module)
    for part in rest:
        try:
            found = getattr(found, part, None) or importlib.import_module(f"{found.__name__}.{part}")
        except (ModuleNotFoundError, AttributeError):
            return False
    return True


def test_every_name_of_the_package_in_prose_is_there():
    dotted = re.compile(r"(?<![\w./-])helpers(?:\.\w+)+")
    files = {"py", "js", "css", "html", "npz", "json", "egg", "test"}  # helpers.js, and the like, is a file
    named = {(path, name) for path, text in prose().items() for name in dotted.findall(text)}
    assert sorted((path, name) for path, name in named if name.split(".")[-1] not in files and not is_there(name)) == []


def test_every_command_in_prose_is_there():
    maintain = main.commands["maintain"].commands
    called = re.compile(r"-m helpers (maintain )?([a-z][\w-]*)")
    for path, text in prose().items():
        for group, command in called.findall(text):
            assert command in (maintain if group else main.commands), (path, command)
