"""Captions and labels are found where `datasets` and training scripts put them, and what cannot be read is named by line."""

import codecs
import io
import json

import pandas as pd
import pytest

from helpers.data.captions import decoded, describe, folder_labels, read_rows
from helpers.data.listing import Source


def files(**contents):
    """Sources by name; a double underscore stands for the dot, a triple one for the slash."""
    names = {name.replace("___", "/").replace("__", "."): content for name, content in contents.items()}
    encoded = {name: content.encode() if isinstance(content, str) else content for name, content in names.items()}
    return {name: Source(lambda content=content: io.BytesIO(content)) for name, content in encoded.items()}


def parquet(**columns):
    file = io.BytesIO()
    pd.DataFrame(columns).to_parquet(file)
    return file.getvalue()


JSONL = '{"file_name": "a.png", "text": "a cat", "label": 3}\n{"file_name": "sub/b.png", "text": "a dog", "label": 5}\n'
METADATA = {
    "metadata__jsonl": JSONL,
    "metadata__csv": "file_name,text,label\na.png,a cat,3\nsub/b.png,a dog,5\n",
    "metadata__parquet": parquet(file_name=["a.png", "sub/b.png"], text=["a cat", "a dog"], label=[3, 5]),
}


@pytest.mark.parametrize("kind", METADATA)
def test_metadata_describe_the_files_of_their_folder(kind):
    found = describe(files(a__png="", sub___b__png="", **{kind: METADATA[kind]}))
    assert found.captions == {"a.png": "a cat", "sub/b.png": "a dog"}
    assert found.labels == {"a.png": "3", "sub/b.png": "5"}
    assert found.tables == [kind.replace("__", ".")]
    assert found.notes == []


def test_metadata_in_a_subfolder_name_files_relative_to_it():
    found = describe(files(x___a__png="", a__png="", x___metadata__jsonl='{"file_name": "./a.png", "caption": "inner"}'))
    assert found.captions == {"x/a.png": "inner"}


def test_names_match_however_their_accents_are_composed():
    sources = files(a__png="", metadata__jsonl=json.dumps({"file_name": "r\u00e9.png", "text": "coffee"}))
    sources["re\u0301.png"] = sources["a.png"]
    assert describe(sources).captions == {"re\u0301.png": "coffee"}


@pytest.mark.parametrize("suffix", ["txt", "caption"])
def test_a_text_beside_an_image_is_its_caption(suffix):
    found = describe(files(a__png="", b__jpg="", **{f"a__{suffix}": " a red coat\n", "lonely__txt": "of nothing"}))
    assert found.captions == {"a.png": "a red coat"}
    assert found.beside == {"a.png": f"a.{suffix}"}


def test_metadata_come_before_a_text():
    assert describe(files(a__png="", a__txt="beside", metadata__jsonl='{"file_name": "a.png", "text": "told"}')).captions == {
        "a.png": "told"
    }


@pytest.mark.parametrize(
    ("content", "text", "certain"),
    [
        ("naïve".encode(), "naïve", True),
        (codecs.BOM_UTF8 + "naïve".encode(), "naïve", True),
        ("naïve".encode("utf-16"), "naïve", True),
        (codecs.BOM_UTF16_BE + "naïve".encode("utf-16-be"), "naïve", True),
        ("naïve".encode("latin-1"), "naïve", False),
        (codecs.BOM_UTF16_LE + b"a", "\ufffd", True),
    ],
)
def test_encodings_are_detected(content, text, certain):
    assert decoded(content) == (text, certain)


def test_a_guessed_encoding_is_named():
    found = describe(files(a__png="", a__txt="naïve".encode("latin-1")))
    assert found.captions == {"a.png": "naïve"}
    assert found.notes == ["a.txt: not UTF-8, read as Latin-1."]


def test_lines_that_cannot_be_used_are_named_and_the_others_used():
    lines = [
        '{"file_name": "a.png", "text": "a cat"}',
        "{broken",
        "",
        '{"file_name": "gone.png", "text": "x"}',
        '{"text": "no name"}',
        "[1]",
    ]
    found = describe(files(a__png="", metadata__jsonl="\n".join(lines)))
    assert found.captions == {"a.png": "a cat"}
    assert found.notes[0].startswith("metadata.jsonl, line 2: no JSON (")
    assert found.notes[1:] == [
        "metadata.jsonl, line 4 (gone.png): names no file that is here.",
        "metadata.jsonl, line 5: no column file_name.",
        "metadata.jsonl, line 6: no JSON object.",
    ]


def test_many_lines_with_one_problem_make_one_note():
    found = describe(files(metadata__csv="file_name,text\n" + "".join(f"{i}.png,x\n" for i in range(500))))
    assert found.notes == [
        "metadata.csv, line 2 (0.png), line 3 (1.png), line 4 (2.png) and 497 more: names no file that is here."
    ]


def test_metadata_without_a_known_column_say_which_they_have():
    found = describe(files(a__png="", metadata__csv="file_name,colour\na.png,red\n"))
    assert found.notes == ["metadata.csv has no column text or caption; it has file_name, colour."]


@pytest.mark.parametrize(
    ("kind", "content", "note"),
    [
        ("metadata__parquet", b"PAR1 and no more", "metadata.parquet: no readable parquet ("),
        ("metadata__csv", 'file_name,text\n"a.png,' + "x" * 200_000, "metadata.csv, line "),
        ("metadata__csv", "file_name,text\na.png,x,y\n", "metadata.csv, line 2 (a.png): more values than columns."),
        ("metadata__jsonl", "[" * 100_000, "metadata.jsonl, line 1: no JSON ("),
        ("metadata__jsonl", '{"file_name": 7, "text": null}', "metadata.jsonl, line 1 (7): names no file that is here."),
        ("metadata__jsonl", '{"file_name": ["a.png"], "text": {"deep": 1}}', ""),
        ("metadata__csv", b"\xff\xfe\0", ""),
        ("metadata__csv", b"file_name,text\na.png,\x00\n", ""),
    ],
)
def test_nothing_in_metadata_is_an_error(kind, content, note):
    notes = describe(files(a__png="", **{kind: content})).notes
    assert not note or notes[0].startswith(note)


def test_a_caption_that_cannot_be_read_is_named():
    def refuse():
        raise PermissionError(13, "Permission denied")

    found = describe(files(a__png="") | {"a.txt": Source(refuse)})
    assert found.captions == {}
    assert found.notes == ["a.txt: Permission denied."]


def test_a_caption_without_end_is_refused():
    found = describe(files(a__png="", a__txt=b"x" * (1 << 21)))
    assert found.notes == ["a.txt: more than 1 MB."]


def test_of_several_captions_the_first_is_taken():
    found = describe(files(a__png="", metadata__jsonl='{"file_name": "a.png", "captions": ["first", "second"]}'))
    assert found.captions == {"a.png": "first"}


def test_a_folder_is_a_label_where_there_are_several_of_one_depth():
    assert folder_labels(["cat/1.png", "dog/1.png"]) == {"cat/1.png": "cat", "dog/1.png": "dog"}
    assert folder_labels(["x/cat/1.png", "x/dog/1.png"]) == {"x/cat/1.png": "cat", "x/dog/1.png": "dog"}
    for names in (["1.png", "2.png"], ["cat/1.png", "cat/2.png"], ["1.png", "dog/1.png"], []):
        assert folder_labels(names) == {}


def test_a_table_that_cannot_be_read_is_an_error():
    with pytest.raises(ValueError, match="no readable parquet"):
        read_rows("a.parquet", b"")
