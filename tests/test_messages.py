"""What a reader sees is in one place for each language, and all of it is used."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from helpers import messages
from helpers.messages import KEY, LANGUAGE, in_language, phrase

ROOT = Path(__file__).parents[1]
DENO = Path(sys.executable).parent / "deno"
RULES = ROOT / "tests" / "javascript" / "messages.deno.json"
SCRIPTS = sorted(p for folder in ("helpers/widgets", "book/_static", "book/slides/_static") for p in (ROOT / folder).glob("*.js"))
MODULES = [
    ROOT / "book" / "_extensions" / f"{name}.py"
    for name in ("questions", "exercises", "running", "spoken", "widget_pages", "front_page")
]
PLACE = re.compile(r"\{(\w+)\}")
FOLDER = ROOT / "helpers" / "languages"
ENGLISH = json.loads((FOLDER / "en.json").read_text())


def lint(*scripts):
    command = [DENO, "lint", "--quiet", "--config", RULES, *scripts]
    return subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"}
    )


def test_no_script_holds_a_text_that_a_reader_sees():
    done = lint(*SCRIPTS)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "line",
    [
        'node.textContent = "Play";',
        'html("p", { text: "play" });',
        'set(drawing, { "aria-label": `${k} of ${n}` });',
        'button("Draw another", go);',
        'said("the threshold");',
        'const words = count === 1 ? "one image" : `${count} images`;',
        'const text = `${a} is ${a < b ? "lower" : "higher"}`;',
        'legend(["dotted", "var(--quiet)", "guessing"]);',
        'radios({ options: [["linear", "linear"]] });',
        'names.join(" and ");',
        'throw new Error("it was stopped");',
        'phrase("explorer.status", { said: "no image" });',
    ],
)
def test_a_text_in_a_script_is_found(line, tmp_path):
    script = tmp_path / "script.js"
    script.write_text(line)
    assert "messages/in-one-place" in lint(script).stderr


def test_what_no_reader_sees_may_stand_in_a_script(tmp_path):
    script = tmp_path / "script.js"
    script.write_text(
        'html("div", { class: "tdr-row tdr-foot", style: "border: 1px solid", "data-part": "state" });\n'
        'document.querySelector(".bd-article iframe");\n'
        'if (event.key === "Enter" && kind !== "closed form") model.on("msg:custom", phrase("play.play"));\n'
        'legend(["line", "currentColor", name]);\n'
    )
    done = lint(script)
    assert done.returncode == 0, done.stderr


def test_no_extension_of_a_page_with_questions_holds_a_text_that_a_reader_sees():
    """What they give to docutils as a text, or to a page as HTML."""
    makers = {"Text", "strong", "reference", "_row", "make"}
    for module in MODULES:
        for call in ast.walk(ast.parse(module.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) in makers:
                texts = [n.value for given in call.args for n in ast.walk(given) if isinstance(n, ast.Constant)]
                said = [text for text in texts if re.search("[a-z]{2} [a-z]|^[A-Z][a-z]", str(text))]
                assert said == [], f"{module.name}:{call.lineno}"


def uses():
    """(file, key, the rest of the call) of each message that is used."""
    for path in [*SCRIPTS, *MODULES, *(ROOT / "helpers").rglob("*.py")]:
        text = path.read_text()
        for found in re.finditer(r"""\bphrase\(\s*["']([\w.-]+)["']""", text):
            depth, end = 1, found.end()
            while depth:
                depth += {"(": 1, ")": -1}.get(text[end], 0)
                end += 1
            yield path.name, found[1], text[found.end() : end]


def forms(message):
    return [message] if isinstance(message, str) else list(message.values())


def test_each_message_is_used_and_each_that_is_used_is_there():
    keys = {key for _, key, _ in uses()}
    assert keys == set(ENGLISH) - {"language"}


def test_each_use_of_a_message_gives_the_values_of_its_places():
    for name, key, given in uses():
        wanted = {place for form in forms(ENGLISH[key]) for place in PLACE.findall(form)}
        wanted |= {"n"} if isinstance(ENGLISH[key], dict) else set()
        for place in wanted:
            assert re.search(rf"\b{place}\b", given), f"{name} gives {key} no {place}"
        assert not wanted or "{" in given or "=" in given


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_a_language_has_all_messages_with_their_places(path):
    spoken = json.loads(path.read_text())
    assert spoken["language"] == path.stem
    assert list(spoken) == ["language", *sorted(set(spoken) - {"language"})]
    assert set(spoken) == set(ENGLISH)
    for key, message in spoken.items():
        assert isinstance(message, dict) == isinstance(ENGLISH[key], dict), key
        assert isinstance(message, str) or "other" in message, key
        places = [set(PLACE.findall(form)) for form in forms(message)]
        assert all(found == set(PLACE.findall(forms(ENGLISH[key])[-1])) for found in places), key


def test_the_theme_speaks_the_language_of_the_messages():
    assert yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]["config"]["language"] == LANGUAGE


def test_a_script_takes_along_the_messages_that_it_uses():
    loaded = 'import MESSAGES from "../languages/en.json" with { type: "json" };'
    given = f'{loaded}\nphrase("play.play"); phrase(\n  "common.queries", {{ n }});'
    joined = in_language(given)
    first, rest = joined.split("\n", 1)
    kept = json.loads(first.removeprefix("const MESSAGES = ").removesuffix(";"))
    assert kept == {"language": LANGUAGE, "play.play": "Play", "common.queries": {"one": "{n} query", "other": "{n} queries"}}
    assert rest == given.split("\n", 1)[1]
    assert KEY.findall(rest) == ["play.play", "common.queries"]


def test_a_script_of_an_earlier_build_gets_the_messages_of_now(monkeypatch):
    earlier = in_language('import MESSAGES from "x";\nphrase("play.play");')
    monkeypatch.setattr(messages, "messages", lambda: {"play.play": "Abspielen"})
    assert '"play.play": "Abspielen"' in in_language(earlier)


def test_a_key_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"no message in en\.json has the key 'play\.stop'"):
        in_language('phrase("play.stop")')
    with pytest.raises(ValueError, match=r"'play\.stop' is none"):
        phrase("play.stop")
    with pytest.raises(ValueError, match=r"'common\.queries' has several"):
        phrase("common.queries", n=1)


def test_a_language_without_messages_is_refused():
    with pytest.raises(ValueError, match=r"there are messages in en, got 'eo'; write helpers/languages/eo\.json"):
        messages.messages("eo")


def test_values_stand_at_their_places():
    assert phrase("exercise.difficulty", stars="easy") == "Difficulty: easy"
