"""``diffcli completion``: the script by which a shell completes command lines."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

import diffcli.cli.completing  # noqa: F401 (bash is asked in its way)
from diffcli.cli.options import Choice, as_command
from diffcli.cli.run import Run
from diffcli.records.blocks import Document, Text

EXAMPLES = ("diffcli completion bash", "diffcli completion zsh")

SHELL = click.Argument(["shell"], type=Choice("shell", ("bash", "zsh", "fish", "powershell"), {"pwsh": "powershell"}), metavar="SHELL")


@as_command(SHELL, examples=EXAMPLES, limits=False)
def command(run: Run, shell: str) -> int:
    """The script for SHELL that completes commands, options, files, variables and functions at Tab.

    SHELL is bash, zsh, fish or powershell. In bash, put `eval "$(diffcli completion bash)"` into ~/.bashrc; in zsh the same
    with zsh into ~/.zshrc; in fish write the script to ~/.config/fish/completions/diffcli.fish; in PowerShell put
    `diffcli completion powershell | Out-String | Invoke-Expression` into $PROFILE.
    """
    kind = get_completion_class(shell) or ShellComplete
    program = click.get_current_context().find_root().command
    script = ShellComplete.source(kind(program, {}, "diffcli", "_DIFFCLI_COMPLETE")).strip("\n")
    data = {"schema": "diffcli/completion@1", "shell": shell, "script": script}
    run.output.print(Document((Text(script, "code"),), data))
    return 0
