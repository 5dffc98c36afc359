"""Which files decide what this code computes, and did one of them change?

A module depends on what it imports of this package, and so on; a name imported from a package is followed to the module that
defines it. Beside Python, it depends on files that it names: a text such as "fashion.npz", "scores" or "draw" in a module is a
dependency where a file or folder (or ``draw.js``) of that name lies beside the module, and a JavaScript module depends on what it
imports. The fingerprint of a set of modules is a hash over all of that. Comments, layout and docstrings do not enter.
"""

import ast
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent


def fingerprint(*modules: str) -> str:
    """A hash of all files that the modules depend on; modules as "helpers.attacks.sima".

    Raises:
        ValueError: no such module.
    """
    return hash_files(dependencies(modules))


def fingerprint_of_code(source: str) -> str:
    """A hash of all files that a piece of code with these imports depends on: a chapter's, for one."""
    return hash_files(dependencies(_imports(source)))


def hash_files(files: Iterable[Path]) -> str:
    """A hash of names and contents, in any order of the files; see `content`."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.name.encode() + content(path))
    return digest.hexdigest()


@cache
def content(path: Path) -> bytes:
    """What counts of a file: of Python its syntax tree without docstrings, of any other file its bytes."""
    if path.suffix != ".py":
        return hashlib.sha256(path.read_bytes()).digest()
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and ast.get_docstring(node) is not None
        ):
            node.body = node.body[1:]
    return ast.dump(tree).encode()


def dependencies(modules: Iterable[str]) -> set[Path]:
    """The files of this package that the modules depend on, their own included.

    Raises:
        ValueError: no such module.
    """
    found: set[Path] = set()
    waiting = list(modules)
    while waiting:
        path = _file(waiting.pop())
        if path not in found:
            found.add(path)
            if path.name != "__init__.py":  # a package only passes names on; they are followed one by one
                waiting += _imports(path.read_text())
                found |= _named_files(path)
    return {path for path in found if path.name != "__init__.py"}


def _file(module: str) -> Path:
    path = PACKAGE.joinpath(*module.split(".")[1:])
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.exists():
            return candidate
    raise ValueError(f"no module {module} in {PACKAGE}")


@cache
def _imports(source: str) -> tuple[str, ...]:
    """The modules of this package that a source imports, wherever in it."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.split(".")[0] == PACKAGE.name]
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE.name:
            for a in node.names:
                found += _defining(node.module, a.name)
    return tuple(found)


@cache
def _defining(module: str, name: str) -> tuple[str, ...]:
    """Where a name that is imported from a module or package is defined."""
    place = _file(module)
    if place.name != "__init__.py":
        return (module,)
    if (place.parent / name).is_dir():  # a package: all that it passes on
        passed = _imports((place.parent / name / "__init__.py").read_text())
        return (f"{module}.{name}", *passed)
    if (place.parent / f"{name}.py").exists() and not _passes_on(place, name):
        return (f"{module}.{name}",)
    source = _source(place, name)
    return (module, *_defining(*source)) if source else (module,)


def _source(place: Path, name: str) -> tuple[str, str] | None:
    """The module, and the name there, that a file imports as `name`; what it does not name may come with a star."""
    body = ast.parse(place.read_text()).body
    imports = [(n.module, a) for n in body if isinstance(n, ast.ImportFrom) and n.module for a in n.names]
    for module, a in imports:
        if (a.asname or a.name) == name:
            return module, a.name
    for module, a in imports:
        if a.name == "*" and module.split(".")[0] == PACKAGE.name:
            return _source(_file(module), name) or (module, name)
    return None


def _passes_on(package: Path, name: str) -> bool:
    body = ast.parse(package.read_text()).body
    return any(isinstance(n, ast.ImportFrom) and any((a.asname or a.name) == name for a in n.names) for n in body)


def _named_files(module: Path) -> set[Path]:
    """Files that are no Python and that a module names, by a text that is the name of a file, a folder or a script beside it."""
    found: set[Path] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"\w[\w.-]*", node.value):
            place = module.parent / node.value
            if place.is_dir():
                found |= {p for p in place.rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")}
            elif place.is_file() and place.suffix != ".py":
                found.add(place)
            elif (script := place.with_name(f"{node.value}.js")).exists():
                found |= _scripts(script)
    return found


def _scripts(script: Path) -> set[Path]:
    """A JavaScript module and all that it imports."""
    found, waiting = set(), [script]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [path.parent / name for name in re.findall(r'from "\./([\w.-]+)"', path.read_text())]
    return found
