"""The page of downloads: files in the site, and a section for each."""

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from helpers.experiments import score_tables

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
spec = importlib.util.spec_from_file_location("downloads", ROOT / "book" / "_extensions" / "downloads.py")
downloads = importlib.util.module_from_spec(spec)
spec.loader.exec_module(downloads)


@pytest.fixture
def app(tmp_path, monkeypatch):
    """A build whose tables are one small file; written[0] counts how often it was written."""
    written = [0]

    def write_tables(folder):
        written[0] += 1
        folder.mkdir(parents=True)
        (folder / "league.csv").write_text("member\n1\n")
        return {"league": {"rows": 1, "bytes": 9, "columns": ["member"]}, "zip": {"bytes": 100}}

    monkeypatch.setattr(score_tables, "write_tables", write_tables)
    monkeypatch.setattr(downloads, "fingerprint", lambda name: "as it is now")
    return SimpleNamespace(outdir=tmp_path / "html", builder=SimpleNamespace(format="html"), written=written)


def test_files_are_written_once_and_again_when_scores_or_code_change(app, monkeypatch):
    downloads.write(app)
    downloads.write(app)
    assert app.written == [1]
    monkeypatch.setattr(downloads, "fingerprint", lambda name: "another")
    downloads.write(app)
    assert app.written == [2]


def test_the_site_has_the_files_and_not_the_listing_of_the_build(app):
    downloads.write(app)
    downloads.copy(app, None)
    assert [path.name for path in (app.outdir / "data").iterdir()] == ["league.csv"]


def test_a_failed_build_copies_nothing(app):
    downloads.write(app)
    downloads.copy(app, ValueError("a page"))
    assert not app.outdir.exists()


def test_sizes_are_said_as_people_say_them():
    assert [downloads.size(n) for n in (9, 14846, 999_000, 8_700_000)] == ["1 kB", "15 kB", "999 kB", "8.7 MB"]


def test_columns_that_differ_in_their_name_alone_share_a_row():
    table = next(table for table in score_tables.TABLES if table.name == "league")
    rows = downloads.rows(table, ["member", "SimA", "GSA", "PIA"])
    assert [row.split(" | ")[0] for row in rows] == ["| `member`", "| `SimA`, `PIA`", "| `GSA`"]
    assert "no unit, at most 0 | no |" in rows[1]


@pytest.mark.book
def test_the_page_lists_every_file_with_its_columns_and_leads_to_it():
    page = SITE / "book" / "data.html"
    soup = BeautifulSoup(page.read_text(), "html.parser")
    links = {link["href"] for link in soup.select("a[download]")}
    assert {(page.parent / link).resolve().name for link in links if (page.parent / link).resolve().exists()} == {
        path.name for path in (SITE / "data").iterdir()
    }
    written = json.loads((SITE.parent / "downloads" / downloads.LISTING).read_text())["written"]
    sections = {section.h2.contents[0]: section for section in soup.select("section section")}
    for table in score_tables.TABLES:
        listed = [code.get_text() for row in sections[table.name].select("tbody tr") for code in row.td.select("code")]
        assert sorted(listed) == sorted(written[table.name]["columns"])
