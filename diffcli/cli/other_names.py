"""Options by names that are not theirs: what they are called elsewhere, and which command has them."""

from __future__ import annotations

import click

from diffcli.cli.summaries import COMMANDS
from diffcli.errors import did_you_mean

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "--at": ("--point", "--x0", "--values", "--where", "--eval"),
    "--wrt": ("--variable", "--variables", "--var", "--vars", "--by", "--respect-to", "--with-respect-to"),
    "--direction": ("--seed", "--tangent", "--vector", "--along", "--dir"),
    "--weights": ("--seed", "--cotangent", "--vector", "--adjoint", "--cotangents"),
    "--of": ("--results", "--outputs"),
    "--accuracy": ("--order", "--acc"),
    "--step": ("--h", "--eps", "--epsilon", "--dx", "--step-size"),
    "--mode": ("--backend", "--engine", "--via", "--ad"),
    "--digits": ("--precision", "--prec", "--significant", "--sig", "--sigfigs", "--figures"),
    "--exact-digits": ("--precision", "--dps", "--mp"),
    "--decimals": ("--dp", "--places", "--decimal", "--round", "--fixed"),
    "--rtol": ("--tol", "--tolerance", "--atol", "--eps"),
    "--random": ("--samples", "--trials", "--count", "--number"),
    "--output": ("--out", "--save", "--file", "--to-file"),
    "--format": ("--fmt", "--output-format", "--type", "--to", "--as"),
    "--trace": ("--verbose", "-v", "--show-trace", "--work"),
    "--steps": ("--explain", "--show-steps", "--verbose", "-v"),
    "--quiet": ("--silent", "-s", "--brief", "--short", "--value-only"),
    "--color": ("--colour",),
    "--timeout": ("--time-limit", "--max-time", "--limit"),
    "--max-nodes": ("--max-rows", "--limit", "--max-size"),
    "--from": ("--min", "--xmin", "--start", "--range"),
    "--to": ("--max", "--xmax", "--stop", "--end"),
    "--version": ("-V",),
}
"""What options are called elsewhere."""


def for_no_option(name: str, context: click.Context) -> list[str]:
    """Help for an option that there is not: what it is called here, the command that has it, or one that is spelled nearly so."""
    known = _options(context.command)
    if here := [option for option, others in OTHER_NAMES.items() if name in others and option in known]:
        return [f"write {' or '.join(here)}"]
    program = context.find_root().command
    if isinstance(program, click.Group) and context.parent is not None:
        owners = [each for each in COMMANDS if name in _options(program.get_command(context, each))]
        if owners:
            return [f"`{name}` is an option of {' and '.join([', '.join(owners[:-1]), owners[-1]][len(owners) == 1 :])}"]
    return [*did_you_mean(name, [each for each in known if each != "--help"])]  # help is named below


def _options(command: click.Command | None) -> list[str]:
    return [name for option in command.params for name in (*option.opts, *option.secondary_opts)] if command else []
