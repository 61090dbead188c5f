"""What shells offer at Tab: by the protocol of click for each shell, and by bash itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from console import run
from inside import CODES, COMMANDS, POLICIES, SCHEMAS, TOPICS, Environment, main

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def files_at_hand(tmp_path, monkeypatch):
    (tmp_path / "model.dc").write_text("x*sin(y)\n", encoding="utf-8")
    (tmp_path / "model.py").write_text("def loss(x, y):\n    return x*y\n", encoding="utf-8")
    (tmp_path / "data.csv").write_text("speed\n1\n", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "weights.npy").write_bytes(b"")
    (tmp_path / ".hidden").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def values(words, incomplete, capsys, monkeypatch):
    """The same in this process, by the protocol of zsh: a type, a value and a help for each."""
    line = " ".join(f"'{word}'" for word in ["diffcli", *words, *[incomplete] * bool(incomplete)])
    for name, value in (("_DIFFCLI_COMPLETE", "zsh_complete"), ("COMP_WORDS", line), ("COMP_CWORD", str(len(words) + 1))):
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main([], Environment(sys.stdin, sys.stdout, sys.stderr, dict(os.environ)))
    assert ended.value.code == 0
    found = capsys.readouterr()
    assert found.err == ""
    return [value.replace("\\:", ":") for value in found.out.splitlines()[1::3]]


XY = "x*y"
OFFERED = [
    ([], "gr", ["grad", "graph"]),
    ([], "--v", ["--version"]),
    (["grad", XY], "--mo", ["--mode"]),
    (["grad", XY, "--mode"], "", ["reverse", "forward", "numeric", "symbolic"]),
    (["grad", XY, "--kink"], "", list(POLICIES)),
    (["grad", XY, "-f"], "j", ["json", "junit"]),
    # variables, of an expression and of a file, once each
    (["grad", XY, "--at"], "", ["x=", "y="]),
    (["grad", XY, "--at"], "x=2,", ["x=2,y="]),
    (["grad", XY, "--at"], "x=2, y", ["x=2, y="]),
    (["grad", XY, "--at"], "x=2;", ["x=2;y="]),
    (["grad", XY, "--at"], "z", []),
    (["grad", XY, "--at"], "x=[1,", []),
    (["grad", XY, "--at"], "x=[1],", ["x=[1],y="]),
    (["grad", "alpha*a", "--at"], "al", ["alpha="]),
    (["grad", "a = x^2; a*y", "--at"], "", ["x=", "y="]),
    (["grad", "@model.dc", "--at"], "", ["x=", "y="]),
    (["grad", "2x(", "--at"], "", []),
    (["grad", "-x^2", "--at"], "", ["x="]),
    (["grad", XY, "--wrt"], "x,", ["x,y"]),
    (["jvp", XY, "--at", "x=1,y=2", "--direction"], "", ["x=", "y="]),
    # files
    (["grad", XY, "--at"], "x=@da", ["x=@data.csv"]),
    (["grad", XY, "--at"], "x=2,y=@folder/", ["x=2,y=@folder/weights.npy"]),
    (["grad", XY, "--at"], "@mo", ["@model.dc", "@model.py"]),
    (["grad"], "@model.d", ["@model.dc"]),
    (["grad"], "@", ["@data.csv", "@folder/", "@model.dc", "@model.py"]),
    (["grad", XY, "-o"], "da", ["data.csv"]),
    (["check", XY, "--points"], "fo", ["folder/"]),
    # functions, where one is being typed
    (["grad"], "softp", ["softplus("]),
    (["grad"], "x*log1", ["x*log10(", "x*log1p("]),
    (["grad"], "2*x1 + asinh", ["2*x1 + asinh("]),
    (["grad"], "x + ", []),
    (["grad"], "model", ["model.py"]),
    (["swell"], "4*sinp", ["4*sinpi("]),
    (["step-size"], "cosp", ["cospi("]),
    # names
    (["help"], "exit", ["exit-codes"]),
    (["help"], "implicit", ["implicit-multiplication"]),
    (["functions"], "softm", ["softmax"]),
    (["schema"], "he", ["hessian", "help"]),
    (["lesson"], "rev", ["reverse"]),
    (["completion"], "", ["bash", "zsh", "fish", "powershell"]),
    # no error
    (["no-such-command"], "gr", ["grad", "graph"]),
    (["grad", XY, "--no-such-option"], "", []),
]


@pytest.mark.parametrize(("words", "incomplete", "expected"), OFFERED, ids=[" ".join([*words, incomplete]) for words, incomplete, _ in OFFERED])
def test_what_is_offered(words, incomplete, expected, capsys, monkeypatch):
    assert values(words, incomplete, capsys, monkeypatch) == expected


def test_every_command_topic_code_and_schema_is_offered(capsys, monkeypatch):
    assert values([], "", capsys, monkeypatch) == list(COMMANDS)
    assert values(["help"], "", capsys, monkeypatch) == [*TOPICS, *COMMANDS, *CODES]
    assert values(["schema"], "", capsys, monkeypatch) == list(SCHEMAS)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_a_shell_gets_its_script(shell):
    script = run(f"completion {shell}").stdout
    assert "_DIFFCLI_COMPLETE" in script and f"{shell}_complete" in script and "%(" not in script
    assert run(f"completion {shell} -q").stdout == script == run(f"completion {shell} -f plain").stdout


def test_another_shell_is_refused():
    outcome = run("completion tcsh")
    assert outcome.exit == 2
    assert "there is no shell `tcsh`" in outcome.stderr and "one of: bash, zsh, fish, powershell" in outcome.stderr


IN_BASH = [
    ("diffcli gr", "gr", "grad graph"),
    ('diffcli grad "x*y" --at ', "", "x= y="),
    ('diffcli grad "x*y" --at x=2,', "2,", "2,y="),
    ('diffcli grad "x*y" --at=x=2,', "2,", "2,y="),
    ('diffcli grad "x*y" --at x=@da', "@da", "@data.csv"),
    ('diffcli grad "x*softp', "x*softp", "x*softplus("),
    ("diffcli grad 'x + softp", "x + softp", "x + softplus("),
    ("diffcli help impl", "impl", "implicit-multiplication"),
    ("diffcli grad x*y -o da", "da", "data.csv"),
]


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_completes_by_its_script(tmp_path):
    """As bash calls it: with the line, the cursor, and what it takes for the last word, which ``=`` begins anew."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "diffcli"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m diffcli "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    lines = ['source <(diffcli completion bash)', "compopt() { :; }"]
    for line, word, _ in IN_BASH:
        lines += [f"COMPREPLY=() COMP_LINE={_quoted(line)} COMP_POINT={len(line)}", f"_diffcli_completion diffcli {_quoted(word)} ''", 'echo "${COMPREPLY[*]}"']
    finished = subprocess.run(["bash", "-c", "\n".join(lines)], capture_output=True, text=True, env={**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}"})
    assert finished.stderr == ""
    assert finished.stdout.splitlines() == [expected for _, _, expected in IN_BASH]


def _quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


@pytest.mark.parametrize(("line", "absent"), [("diffcli gr", ("diffcli.language", "diffcli.operations")), ("diffcli grad x*y --at", ("numpy", "sympy"))])
def test_completing_waits_for_no_more_than_it_needs(line, absent):
    code = f"import sys, atexit; atexit.register(lambda: print([name for name in {absent!r} if name in sys.modules], file=sys.stderr)); from diffcli.cli.main import main; main([])"
    asked = {"_DIFFCLI_COMPLETE": "zsh_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT), **asked})
    assert (finished.returncode, finished.stderr.strip()) == (0, "[]")
