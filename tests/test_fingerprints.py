"""A fingerprint changes with what decides a computation, and with nothing else."""

import json
from pathlib import Path

import pytest

from helpers.fingerprints import PACKAGE, dependencies, dependencies_of_code, fingerprint, fingerprint_of_code

ROOT = Path(__file__).parents[1]
LITTLE = {
    "__init__.py": '"""A little package."""\n__version__ = "1"\n',
    "files.py": "def write(path): ...\n",
    "attacks/__init__.py": "from little.attacks.sima import SimA\nfrom little.attacks.loss import Loss\n\n__all__ = ['SimA']\n",
    "attacks/sima.py": '"""Norms."""\nfrom little.files import write\n\n\ndef SimA():\n    """The norm."""\n    return 4\n',
    "attacks/loss.py": "class Loss:\n    pass\n",
    "widgets/__init__.py": "from little.widgets.draw import Draw\nfrom little.widgets.walk import Walk\n",
    "widgets/source.py": "def script(name): ...\n",
    "widgets/draw.py": "from little.widgets.source import script\n\nDraw = script('draw')\nrun = 'runtime'\n",
    "widgets/walk.py": "from little.widgets.source import script\n\nWalk = script('walk')\n",
    "widgets/draw.js": 'import { a } from "./dom.js";\n',
    "widgets/walk.js": 'import {\n  a,\n} from "./dom.js";\nimport { b } from "./steps.js";\n',
    "widgets/dom.js": "export const a = 1;\n",
    "widgets/steps.js": "export const b = 1;\n",
    "widgets/runtime/engine.wasm": "binary",
    "data/__init__.py": "",
    "data/digits.py": "from pathlib import Path\n\nARRAYS = Path(__file__).with_name('digits.npz')\n",
    "data/digits.npz": "arrays",
    "data/other.npz": "arrays",
}
CHAPTER = "from little.widgets import Draw\nfrom little.attacks import SimA\n"


@pytest.fixture
def little(tmp_path):
    """little(changes) writes the package with these files changed, each time somewhere else, and returns its folder."""
    count = iter(range(100))

    def write(changes=None):
        package = tmp_path / str(next(count)) / "little"
        for name, text in (LITTLE | (changes or {})).items():
            path = package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return package

    return write


def names(package, *modules):
    return {path.relative_to(package).as_posix() for path in dependencies(modules, package)}


@pytest.mark.parametrize(
    "text",
    [
        '"""Norms of what?"""\nfrom little.files import write\n\n\ndef SimA():\n    """Another word."""\n    return 4\n',
        "from little.files import write\n\n\ndef SimA():\n    return 4\n",
        '"""Norms."""\n# a comment\nfrom little.files import write\ndef SimA():\n\n    return (4)  # another\n',
        '"""Norms."""\nfrom little.files import write\n\n\ndef SimA() -> int:\n    return 4\n',
    ],
    ids=["docstring", "no docstring", "comment and layout", "types"],
)
def test_docstrings_comments_layout_and_types_change_nothing(little, text):
    before, after = little(), little({"attacks/sima.py": text})
    assert fingerprint("little.attacks.sima", package=before) == fingerprint("little.attacks.sima", package=after)


@pytest.mark.parametrize("file", ["attacks/sima.py", "files.py"])
def test_code_counts_that_of_what_is_imported_too(little, file):
    before, after = little(), little({file: LITTLE[file] + "more = 1\n"})
    assert fingerprint("little.attacks.sima", package=before) != fingerprint("little.attacks.sima", package=after)


def test_a_word_in_a_docstring_names_no_file(little):
    package = little({"data/digits.py": '"""digits.npz"""\n'})
    assert names(package, "little.data.digits") == {"data/digits.py"}


def test_a_name_that_a_package_passes_on_leads_to_its_module_and_not_to_the_siblings(little):
    package = little({"contest.py": "from little.attacks import SimA\n"})
    assert names(package, "little.contest") == {"contest.py", "attacks/sima.py", "files.py"}


def test_a_name_that_is_passed_on_twice_is_followed_twice(little):
    package = little(
        {
            "all.py": "",
            "__init__.py": "from little.attacks import Loss as Baseline\n",
            "contest.py": "from little import Baseline\n",
        }
    )
    assert names(package, "little.contest") == {"contest.py", "attacks/loss.py"}


@pytest.mark.parametrize(
    "line", ["from little import attacks", "import little.attacks", "from little.attacks import *", "import little.attacks as a"]
)
def test_a_whole_package_is_all_that_it_passes_on(little, line):
    package = little({"contest.py": line + "\n"})
    assert names(package, "little.contest") == {"contest.py", "attacks/sima.py", "attacks/loss.py", "files.py"}


def test_what_a_package_defines_itself_counts(little):
    package = little({"contest.py": "from little import __version__\n"})
    assert names(package, "little.contest") == {"contest.py", "__init__.py"}


def test_a_package_may_pass_on_its_own_modules_and_names_of_others(little):
    init = "from numpy import ndarray\nfrom little.attacks import sima\n"
    package = little({"attacks/__init__.py": init, "contest.py": "from little.attacks import ndarray, sima\n"})
    assert names(package, "little.contest") >= {"contest.py", "attacks/sima.py", "files.py"}


def test_imports_inside_functions_count(little):
    package = little({"contest.py": "def late():\n    from little.attacks.loss import Loss\n"})
    assert names(package, "little.contest") == {"contest.py", "attacks/loss.py"}


def test_modules_may_import_one_another(little):
    package = little({"a.py": "from little.b import y\n", "b.py": "from little.a import x\n"})
    assert names(package, "little.a") == names(package, "little.b") == {"a.py", "b.py"}


def test_a_file_that_a_module_names_counts_and_its_neighbour_does_not(little):
    assert names(little(), "little.data.digits") == {"data/digits.py", "data/digits.npz"}
    before, after = little(), little({"data/digits.npz": "others"})
    assert fingerprint("little.data.digits", package=before) != fingerprint("little.data.digits", package=after)


def test_a_folder_that_a_module_names_counts_without_what_python_compiled_there(little):
    package = little({"widgets/runtime/__pycache__/x.pyc": "", "widgets/runtime/deep/more.wasm": ""})
    found = {name for name in names(package, "little.widgets.draw") if "runtime" in name}
    assert found == {"widgets/runtime/engine.wasm", "widgets/runtime/deep/more.wasm"}


def test_a_script_counts_with_the_scripts_that_it_imports(little):
    scripts = {name for name in names(little(), "little.widgets.walk") if name.endswith(".js")}
    assert scripts == {"widgets/walk.js", "widgets/dom.js", "widgets/steps.js"}


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("widgets/draw.js", True),
        ("widgets/dom.js", True),
        ("widgets/runtime/engine.wasm", True),
        ("attacks/sima.py", True),
        ("widgets/walk.js", False),
        ("widgets/steps.js", False),
        ("attacks/loss.py", False),
        ("data/digits.npz", False),
    ],
)
def test_a_chapter_depends_on_the_widget_that_it_shows_and_on_no_other(little, file, counts):
    before, after = (fingerprint_of_code(CHAPTER, package) for package in (little(), little({file: LITTLE[file] + "\n1\n"})))
    assert (before != after) == counts


def test_an_unknown_module_is_refused(little):
    package = little()
    with pytest.raises(ValueError, match=r"no module little\.nothing in .*little"):
        fingerprint("little.nothing", package=package)
    with pytest.raises(ValueError, match=r"no module little\.attacks\.nothing"):
        fingerprint_of_code("from little.attacks.nothing import x", package)


def test_a_relative_import_is_refused(little):
    with pytest.raises(ValueError, match=r"relative import in line 2; write little\."):
        fingerprint("little.a", package=little({"a.py": "x = 1\nfrom .files import write\n"}))


# This package


def chapter(path):
    cells = json.loads(path.read_text())["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")


CHAPTERS = {path.stem: chapter(path) for path in (ROOT / "notebooks").glob("*.ipynb")}


@pytest.fixture(scope="module")
def chapters_with():
    """chapters_with(file): those that depend on a file of the package."""
    found = {name: dependencies_of_code(source) for name, source in CHAPTERS.items()}
    return lambda file: {name for name, files in found.items() if PACKAGE / file in files}


def test_a_widgets_script_leads_to_the_chapters_that_show_it(chapters_with):
    assert chapters_with("widgets/forward.js") == {name for name, code in CHAPTERS.items() if "ForwardProcess(" in code}
    shows_networks = {name for name, code in CHAPTERS.items() if "DrawAndScore(" in code}
    assert chapters_with("widgets/draw.js") == shows_networks
    told = {name for name, code in CHAPTERS.items() if "PromptPlayground(" in code}
    assert chapters_with("widgets/runtime/ort.wasm") == shows_networks | told
    assert "noise-in-noise-out" in chapters_with("widgets/forward.js") - chapters_with("widgets/draw.js")


@pytest.mark.parametrize("file", ["widgets/dom.js", "widgets/shared.css"])
def test_what_widgets_share_leads_to_all_chapters_with_a_widget(chapters_with, file):
    shown = {name for name, code in CHAPTERS.items() if "from helpers.widgets import" in code}
    assert len(shown) > 10
    assert chapters_with(file) == shown


def test_a_chapters_exercises_are_its_own(chapters_with):
    assert chapters_with("exercises/run_sima.py") == {"run-sima"}


def test_what_trains_does_not_depend_on_attacks_or_pages():
    found = dependencies(["helpers.training.denoiser", "helpers.training.book_recipes"])
    rooms = {path.relative_to(PACKAGE).parts[0] for path in found}
    assert not rooms & {"attacks", "evaluation", "figures", "experiments", "widgets", "exercises"}


def test_an_attack_of_the_league_depends_on_what_plays_and_not_on_pages():
    found = names(PACKAGE, "helpers.attacks.sima", "helpers.experiments.contest")
    assert {"attacks/sima.py", "experiments/contest.py"} <= found
    assert not {name for name in found if name.startswith(("widgets/", "figures/", "exercises/", "attacks/lira", "attacks/pia"))}
