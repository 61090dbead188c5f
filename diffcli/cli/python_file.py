"""A function of a Python file, as ``FILE.py:NAME`` on the command line.

The file is imported, which runs it: only because the user has named it. While it runs, and while its function does, its
folder is importable as it is for ``python FILE.py``, and what it prints goes to stderr, so that stdout stays the report's.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from types import ModuleType
from typing import TYPE_CHECKING, Any

from diffcli.cli.environment import Environment
from diffcli.errors import ExpressionError, Mark, Source, Span, did_you_mean, error
from diffcli.methods.points.file_text import read_text

if TYPE_CHECKING:
    from diffcli.tape.recording.python_function import PythonFunction

_TARGET = re.compile(r"(?P<path>.*\.py):(?P<name>[^\W\d][\w.]*)?", re.DOTALL)


def as_python_target(given: str) -> tuple[str, str] | None:
    """The file and the name of ``FILE.py:NAME``; None for anything else. The name may be missing.

    >>> as_python_target("models/loss.py:total"), as_python_target("x.py*2")
    (('models/loss.py', 'total'), None)
    """
    found = _TARGET.fullmatch(given)
    if found is not None:
        return found["path"], found["name"] or ""
    return (given, "") if given.endswith(".py") and os.path.isfile(given) else None


def read_function(path: str, name: str, environment: Environment) -> PythonFunction:
    """The function of a file, which is imported."""
    from diffcli.tape.recording.python_function import PythonFunction

    text = read_text(path, "a Python function is given as FILE.py:NAME")
    folder = os.path.dirname(os.path.realpath(path))

    @contextmanager
    def surroundings() -> Iterator[None]:
        sys.path.insert(0, folder)
        try:
            with redirect_stdout(environment.stderr):
                yield
        finally:
            environment.stderr.flush()
            if folder in sys.path:
                sys.path.remove(folder)

    with surroundings():
        module = _import(path, text)
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if not name or not callable(found):
        raise ExpressionError([_no_function(path, name, module, found)])
    return PythonFunction(found, f"{_stem(path)}.{name}", path, surroundings)


def _stem(path: str) -> str:
    return os.path.basename(path).removesuffix(".py")


def _import(path: str, text: str) -> ModuleType:
    """Import a file under a name that no other module has; nothing is written beside it."""
    from diffcli.tape.recording.call_sites import CallSites
    from diffcli.tape.recording.recording import failure_of

    name = f"diffcli target {_stem(path)}"
    spec = importlib.util.spec_from_file_location(name, os.path.realpath(path))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and the like look for it there
    wrote, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    except SyntaxError as failure:
        raise ExpressionError([_syntax_error(path, text, failure)]) from None
    except (Exception, SystemExit) as failure:
        sites = CallSites(_import, path)
        sites.file, sites.source, sites.boundary = os.path.realpath(path), Source(text, path), _import.__code__
        raise ExpressionError([failure_of(failure, sites)]) from failure
    finally:
        sys.dont_write_bytecode = wrote
        del sys.modules[name]
    return module


def _syntax_error(path: str, text: str, failure: SyntaxError) -> Any:
    """Where Python cannot read a file, which may be another than the one that was named."""
    message = f"{type(failure).__name__}: {failure.msg}"
    if failure.filename != os.path.realpath(path) or not failure.lineno:
        where = f"line {failure.lineno} of {os.path.basename(failure.filename or '')}"
        return error("python-error", message, notes=[f"in {where}, which {path} imports"])
    lines = text.splitlines(keepends=True)
    start = sum(map(len, lines[: failure.lineno - 1])) + max((failure.offset or 1) - 1, 0)
    length = (failure.end_offset or 0) - (failure.offset or 0) if failure.end_lineno == failure.lineno else 1
    return error("python-error", message, Source(text, path), Mark(Span(start, start + max(length, 1))))


def _no_function(path: str, name: str, module: ModuleType, found: Any) -> Any:
    known = _functions(module)
    help = list(did_you_mean(name, known)) if name else []
    help.append(f"its functions: {', '.join(known)}" if known else "it defines no functions")
    if not name:
        message = f"which function of {path} is meant? write {path}:NAME"
    elif found is not None:
        message = f"`{name}` in {path} is a `{type(found).__name__}`, not a function"
    else:
        message = f"{path} has no function `{name}`"
    return error("unknown-function", message, help=help)


def _functions(module: ModuleType) -> list[str]:
    """The functions that a file defines itself, in order."""
    own = [(name, value) for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
    return [name for name, value in own if callable(value) and not (isinstance(value, type) or name.startswith("_"))]
