"""Which files decide what this code computes, and did one of them change?

A module depends on what it imports of this package, and so on; a name imported from a package is followed to the module that
defines it. Beside Python, it depends on files that it names: a text such as "fashion.npz", "scores" or "draw" in a module is a
dependency where a file or folder (or ``draw.js``) of that name lies beside the module, and a JavaScript module depends on what it
imports. The fingerprint of a set of modules is a hash over all of that. Comments, layout, docstrings and types of arguments
do not enter.

A process reads a file once: the next one sees what has changed since. Nothing but the standard library is loaded, so that it
takes no second to find that nothing has changed.
"""

import ast
import hashlib
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from helpers.errors import InvalidInput

PACKAGE = Path(__file__).parent


def fingerprint(*modules: str, package: Path = PACKAGE) -> str:
    """A hash of all files that the modules depend on.

    Args:
        modules: as "helpers.attacks.sima".
        package: the folder that the first part of their names stands for.

    Raises:
        ValueError: no such module.
    """
    return hash_files(dependencies(modules, package))


def fingerprint_of_code(source: str, package: Path = PACKAGE) -> str:
    """A hash of all files that a piece of code with these imports depends on: a chapter's, for one.

    Raises:
        ValueError: it imports a module of this package that is not there.
        SyntaxError: it is no Python.
    """
    return hash_files(dependencies_of_code(source, package))


def dependencies(modules: Iterable[str], package: Path = PACKAGE) -> set[Path]:
    """The files of the package that the modules depend on, their own included.

    Raises:
        ValueError: no such module.
    """
    return _reached(set().union(*(_all_of(module, package) for module in modules)), package)


def dependencies_of_code(source: str, package: Path = PACKAGE) -> set[Path]:
    """The files of this package that a piece of code depends on; see `fingerprint_of_code`."""
    return _reached(_imports(ast.parse(source), package), package)


def hash_files(files: Iterable[Path]) -> str:
    """A hash of names and contents, in any order of the files; see `content`."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.name.encode() + content(path))
    return digest.hexdigest()


@cache
def content(path: Path) -> bytes:
    """What counts of a file: of Python its syntax tree without docstrings and types of arguments, of any other file its bytes."""
    if path.suffix == ".py":
        return ast.dump(_tree(path)).encode()
    return hashlib.sha256(path.read_bytes()).digest()


@cache
def _tree(path: Path) -> ast.Module:
    tree = ast.parse(path.read_text(), str(path))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and ast.get_docstring(node) is not None
        ):
            node.body = node.body[1:]
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
    return tree


def _reached(files: Iterable[Path], package: Path) -> set[Path]:
    """The files, all that they import of the package, and all that these name."""
    found: set[Path] = set()
    waiting = list(files)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported_by(path, package)
    return found.union(*map(_named_files, found))


@cache
def _imported_by(module: Path, package: Path) -> frozenset[Path]:
    return frozenset(_imports(_tree(module), package))


def _imports(tree: ast.Module, package: Path) -> set[Path]:
    """The modules of the package that a source imports, wherever in it."""
    found: set[Path] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for a in node.names:
                if _is_ours(a.name, package):
                    found |= _all_of(a.name, package)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise InvalidInput(f"cannot follow the relative import in line {node.lineno}; write {package.name}. in full")
            if node.module and _is_ours(node.module, package):
                for a in node.names:
                    found |= _defining(node.module, a.name, package)
    return found


def _all_of(module: str, package: Path) -> set[Path]:
    """A module; of a package, all that it passes on, and itself where it does more than that."""
    place = _file(module, package)
    if place.name != "__init__.py":
        return {place}
    return set(_imported_by(place, package)) | ({place} if _defines_something(place) else set())


def _defining(module: str, name: str, package: Path) -> set[Path]:
    """Where a name that is imported from a module or package is defined."""
    place = _file(module, package)
    if place.name != "__init__.py":
        return {place}
    if name == "*":
        return _all_of(module, package)
    for node in ast.walk(_tree(place)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module != module and _is_ours(node.module, package):
            for a in node.names:
                if name == (a.asname or a.name):
                    return _defining(node.module, a.name, package)
    if (place.parent / name / "__init__.py").exists() or (place.parent / f"{name}.py").exists():
        return _all_of(f"{module}.{name}", package)
    return {place}


def _is_ours(module: str | None, package: Path) -> bool:
    return module is not None and module.split(".")[0] == package.name


def _defines_something(init: Path) -> bool:
    """Does the file of a package do more than pass on names and list them?"""
    listing = "__all__ = "
    body = _tree(init).body
    return any(not isinstance(n, ast.Import | ast.ImportFrom) and not ast.unparse(n).startswith(listing) for n in body)


def _file(module: str, package: Path) -> Path:
    path = package.joinpath(*module.split(".")[1:])
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.exists():
            return candidate
    raise InvalidInput(f"no module {module} in {package}")


@cache
def _named_files(module: Path) -> frozenset[Path]:
    """Files that are no Python and that a module names, by a text that is the name of a file, a folder or a script beside it."""
    found: set[Path] = set()
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"\w[\w.-]*", node.value):
            place = module.parent / node.value
            if place.is_dir():
                found |= {p for p in place.rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")}
            elif place.is_file() and place.suffix != ".py":
                found.add(place)
            elif (script := place.with_name(f"{node.value}.js")).exists():
                found |= _scripts(script)
    return frozenset(found)


def _scripts(script: Path) -> set[Path]:
    """A JavaScript module and all that it imports."""
    found, waiting = set(), [script]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [path.parent / name for name in re.findall(r'from "\./([\w.-]+)"', path.read_text())]
    return found


if __name__ == "__main__":
    print(fingerprint(*sys.argv[1:]))
