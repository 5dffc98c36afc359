"""A chapter is executed again where its code is another, and only then."""

import importlib.util
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

PATH = Path(__file__).parents[2] / "book" / "execute.py"
spec = importlib.util.spec_from_file_location("execute", PATH)
execute = importlib.util.module_from_spec(spec)
sys.modules["execute"] = execute  # where another process looks for its functions
spec.loader.exec_module(execute)


@pytest.fixture
def book(tmp_path):
    """A book of chapters that print: book(name, code) writes one."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "constraints.txt").write_text("torch==1\n")

    def write(name, code, text="Prose."):
        cells = [nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell(code)]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = tmp_path / "notebooks" / f"{name}.ipynb"
        nbformat.write(notebook, path)
        return path

    return write


@pytest.fixture
def done(tmp_path):
    """done(chapters) keeps outputs of chapters as if they had been executed, and pages as if Sphinx had read them."""

    def keep(chapters):
        for chapter, key in execute.outdated(chapters, tmp_path).items():
            notebook = nbformat.read(chapter, 4)
            bundle = CacheBundleIn(notebook, str(chapter))
            get_cache(tmp_path / "_build" / ".jupyter_cache").cache_notebook_bundle(bundle, check_validity=False)
            for path, text in ((stored(tmp_path, chapter), key), (page(tmp_path, chapter), "")):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)

    return keep


def stored(root, chapter):
    return root / "_build" / ".jupyter_cache" / "keys" / chapter.stem


def page(root, chapter):
    return root / "_build" / ".doctrees" / "notebooks" / f"{chapter.stem}.doctree"


def outdated(root, *chapters, **more):
    return [chapter.stem for chapter in execute.outdated(chapters, root, **more)]


def test_a_chapter_without_outputs_is_executed_and_one_that_trains_comes_first(book, tmp_path):
    chapters = book("a", "1"), book("b", "folder = '../_build/chapter-runs'"), book("c", "1")
    assert outdated(tmp_path, *chapters) == ["b", "a", "c"]


def test_nothing_is_executed_where_nothing_changed(book, done, tmp_path):
    chapters = book("a", "1"), book("b", "2")
    done(chapters)
    assert outdated(tmp_path, *chapters) == []


def test_prose_is_not_executed(book, done, tmp_path):
    done([book("a", "1")])
    assert outdated(tmp_path, book("a", "1", text="Other prose.")) == []


def test_a_changed_cell_concerns_its_chapter(book, done, tmp_path):
    chapters = book("a", "1"), book("b", "2")
    done(chapters)
    book("b", "3")
    assert outdated(tmp_path, *chapters) == ["b"]


def test_changed_code_below_concerns_the_chapters_that_depend_on_it(book, done, tmp_path):
    chapters = book("a", "from helpers.data import load_digits"), book("b", "from helpers.widgets import Budget")
    done(chapters)

    def changed(source):
        return execute.fingerprint_of_code(source) + ("another" if "Budget" in source else "")

    assert outdated(tmp_path, *chapters, fingerprint=changed) == ["b"]


def test_another_version_concerns_all(book, done, tmp_path):
    chapters = book("a", "1"), book("b", "2")
    done(chapters)
    (tmp_path / "constraints.txt").write_text("torch==2\n")
    assert outdated(tmp_path, *chapters) == ["a", "b"]


def test_a_notebooks_own_commands_are_no_python(book, tmp_path):
    assert outdated(tmp_path, book("a", "%matplotlib inline\n!ls\n1")) == ["a"]


@pytest.mark.parametrize("code", ["from helpers.nothing import x", "1 +"])
def test_a_chapter_that_cannot_be_followed_is_named(book, tmp_path, code):
    with pytest.raises(SystemExit, match=r"error: notebooks/a\.ipynb: "):
        outdated(tmp_path, book("a", code))


def test_forgetting_drops_the_outputs_and_the_pages_of_these_chapters_alone(book, done, tmp_path):
    a, b = chapters = book("a", "1"), book("b", "2")
    done(chapters)
    execute.forget([b], tmp_path)
    assert [Path(r.uri) for r in get_cache(tmp_path / "_build" / ".jupyter_cache").list_cache_records()] == [a]
    assert [page(tmp_path, c).exists() for c in chapters] == [True, False]
    assert outdated(tmp_path, a, b) == ["b"]


@pytest.mark.slow
def test_a_chapter_is_executed_once_and_one_that_fails_says_in_which_cell(book, tmp_path, capsys):
    good, bad = book("good", "print(6 * 7)"), book("bad", "fine = 1\n1 / 0")
    waiting = execute.outdated([good, bad], tmp_path)
    failures = execute.run(waiting, tmp_path, jobs=2)
    assert list(failures) == [bad]
    assert "1 / 0" in failures[bad]
    assert "ZeroDivisionError" in failures[bad]
    assert outdated(tmp_path, good, bad) == ["bad"]
    _, merged = get_cache(tmp_path / "_build" / ".jupyter_cache").merge_match_into_notebook(nbformat.read(good, 4))
    assert merged.cells[1].outputs[0].text == "42\n"
    assert not list((tmp_path / "_build" / ".jupyter_cache" / "keys").glob("*.tmp"))
    said = capsys.readouterr().out
    assert "bad: failed" in said
    assert "/2 good:" in said
