"""A function of a Python file, as ``FILE.py:NAME`` on the command line.

The file is imported, which runs it: only because the user has named it. While it runs, and while its function does, its
folder is importable as it is for ``python FILE.py``, and what it prints goes to stderr, so that stdout stays the report's.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from types import ModuleType
from typing import TYPE_CHECKING, Any

from diffcli.cli.environment import Environment
from diffcli.errors import ExpressionError, Mark, Source, Span, error, nearest
from diffcli.methods.points.file_text import read_text

if TYPE_CHECKING:
    from diffcli.tape.recording.python_function import PythonFunction

_TARGET = re.compile(r"(?P<path>.*?)(?P<suffix>\.py)?::?(?:(?P<name>[^\W\d][\w.]*)(?:\([\w, ]*\))?)?", re.DOTALL)


def as_python_target(given: str) -> tuple[str, str] | None:
    """The file and the name of ``FILE.py:NAME``, or of ``package.module:NAME``; None for anything else.

    The name may be missing, and so may ``.py`` of a file that is there.

    >>> as_python_target("models/loss.py:total"), as_python_target("x.py*2")
    (('models/loss.py', 'total'), None)
    """
    found = _TARGET.fullmatch(given)
    if found is None:
        return (given, "") if given.endswith(".py") else None
    path = found["path"]
    dotted = path.replace(".", os.sep)
    there = [f"{path}.py", f"{dotted}.py", os.path.join(dotted, "__init__.py")]
    file = there[0] if found["suffix"] else next(filter(os.path.isfile, there), "")
    return (file, found["name"] or "") if file else None


def read_function(path: str, name: str, environment: Environment) -> PythonFunction:
    """The function of a file, which is imported."""
    from diffcli.tape.recording.python_function import PythonFunction

    text = read_text(path, "a Python function is given as FILE.py:NAME")
    dotted, top = _place(path)
    folders = os.path.dirname(os.path.realpath(path)), top

    @contextmanager
    def surroundings() -> Iterator[None]:
        sys.path[:0] = folders
        try:
            with redirect_stdout(environment.stderr):
                yield
        finally:
            environment.stderr.flush()
            for folder in folders:
                if folder in sys.path:
                    sys.path.remove(folder)

    with surroundings():
        module = _import(path, text, dotted)
        found: Any = module
        for part in name.split("."):
            if isinstance(found, type) and inspect.isfunction(inspect.getattr_static(found, part, None)):
                found = _object_of(found, path)
            found = getattr(found, part, None)
    if not name or not callable(found) or isinstance(found, type):
        raise _no_function(path, name, module, found)
    return PythonFunction(found, f"{_stem(path)}.{name}", path, surroundings)


def _place(path: str) -> tuple[str, str]:
    """The dotted name of a file that stands in a package, else none; and the folder in which it, or its package, is found."""
    folder, dotted = os.path.dirname(os.path.realpath(path)), _stem(path)
    while "." not in _stem(path) and os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        dotted = f"{package}.{dotted}"
    return dotted.removesuffix(".__init__") if dotted != _stem(path) else "", folder


def _object_of(kind: type, path: str) -> Any:
    """An object of a class, of which a method is meant."""
    try:
        return kind()
    except TypeError as failure:
        help = f"name a method of an object that the file makes, as {path}:model.NAME with model = {kind.__name__}(...)"
        raise ExpressionError([error("unknown-function", f"`{kind.__name__}` is not made without arguments: {failure}", help=[help])]) from None


def _stem(path: str) -> str:
    return os.path.basename(path).removesuffix(".py")


def _import(path: str, text: str, dotted: str) -> ModuleType:
    """Import a file as the part of its package that it is, or under a name that no other module has; nothing is written beside it."""
    from diffcli.tape.recording.call_sites import CallSites
    from diffcli.tape.recording.recording import failure_of

    name = dotted or f"diffcli target {_stem(path)}"
    wrote, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        if dotted:
            return importlib.import_module(dotted)
        spec = importlib.util.spec_from_file_location(name, os.path.realpath(path))
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)  # dataclasses and the like look for it there
        spec.loader.exec_module(module)
        return module
    except SyntaxError as failure:
        raise ExpressionError([_syntax_error(path, text, failure)]) from None
    except (Exception, SystemExit) as failure:
        sites = CallSites(_import, path)
        sites.file, sites.source, sites.boundary = os.path.realpath(path), Source(text, path), _import.__code__
        sites.read([*StringIO(text)])
        raise ExpressionError([failure_of(failure, sites)]) from failure
    finally:
        sys.dont_write_bytecode = wrote
        if not dotted:
            del sys.modules[name]


def _syntax_error(path: str, text: str, failure: SyntaxError) -> Any:
    """Where Python cannot read a file, which may be another than the one that was named."""
    message = f"{type(failure).__name__}: {failure.msg}"
    if failure.filename != os.path.realpath(path) or not failure.lineno:
        where = f"line {failure.lineno} of {os.path.basename(failure.filename or '')}"
        return error("python-error", message, notes=[f"in {where}, which {path} imports"])
    lines = [*StringIO(text)]
    start = sum(map(len, lines[: failure.lineno - 1])) + max((failure.offset or 1) - 1, 0)
    length = (failure.end_offset or 0) - (failure.offset or 0) if failure.end_lineno == failure.lineno else 1
    return error("python-error", message, Source(text, path), Mark(Span(start, start + max(length, 1))))


def _no_function(path: str, name: str, module: ModuleType, found: Any) -> ExpressionError:
    known = _functions(module)
    help = [f"its functions: {', '.join(known)}" if known else "it defines no functions"]
    near = nearest(name, known)[:1] if name else known if len(known) == 1 else []
    if isinstance(found, type):
        message = f"`{name}` in {path} is a class, not a function"
        near = [one for one in known if one.startswith(f"{name}.")][:2]
    elif not name:
        message = f"which function of {path} is meant? write {path}:NAME"
    elif found is not None:
        message = f"`{name}` in {path} is a `{type(found).__name__}`, not a function"
    else:
        message = f"{path} has no function `{name}`"
    fault = ExpressionError([error("unknown-function", message, help=[*(f"write {path}:{one}" for one in near), *help])])
    fault.mended = tuple(f"{path}:{one}" for one in near)
    return fault


def _functions(module: ModuleType) -> list[str]:
    """The functions that a file defines itself, in order, and the methods of its classes."""
    own = [(name, one) for name, one in vars(module).items() if getattr(one, "__module__", None) == module.__name__]
    own += [(f"{name}.{method}", one) for name, kind in own if isinstance(kind, type) for method, one in vars(kind).items()]
    return [name for name, one in own if callable(one) and not isinstance(one, type) and not re.search(r"\b_", name)]
