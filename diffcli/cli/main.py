"""The program: its commands, and what becomes of every way to end."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from diffcli import __version__
from diffcli.cli.environment import Environment, without_reader, write
from diffcli.cli.exit_codes import ExitCode
from diffcli.cli.flags import HELP, eager_flag, say
from diffcli.cli.summaries import ALIASES, COMMANDS, GROUPS, command_of
from diffcli.errors import DiffcliError, UsageError, error, nearest, refusal

# Whatever only some runs need is imported where it is needed: `diffcli --help` waits for click and nothing else.

EXAMPLES = """\
  diffcli grad "x^2*sin(y)" --at x=2,y=1   the gradient at a point
  diffcli diff "x^2*exp(-x)" --steps       the derivative as a formula
  diffcli check "x^3" --claim "3*x^2"      is your derivative right?
  diffcli plot "x^3 - 3*x"                 a function and its derivative
  diffcli lesson                           how it all works"""

FIRST = f"""\
diffcli computes derivatives, shows how they are computed, and checks them.

{EXAMPLES}

diffcli --help lists the commands, diffcli grad --help the options of one."""
"""What is shown where nothing is asked for: ten lines."""


class Commands(click.Group):
    """Commands that are imported when they are asked for, and not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return command_of(name) if name in COMMANDS else None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=about) for name, (_, about) in COMMANDS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, COMMANDS))
        for title, group in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), summary) for name, (_, summary) in group.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.Abort from None  # click would begin with an empty line

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            near = [f"the command is {ALIASES.get(name, name)}" for name in nearest(args[0], [*COMMANDS, *ALIASES])[:1]]
            raise refusal("unknown-command", f"there is no command `{args[0]}`", *near, f"one of: {', '.join(COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    context_settings={"auto_envvar_prefix": None},
    epilog=f"\b\nExamples:\n{EXAMPLES}",
    add_help_option=False,
    invoke_without_command=True,
)
@eager_flag("--version", help="Show the version and exit.", shows=lambda context: f"diffcli {__version__}")
@click.option("--debug", is_flag=True, help="Show the traceback of a bug in diffcli.")
@HELP
@click.pass_context
def program(context: click.Context, debug: bool) -> None:
    """Derivatives that are computed, checked and explained: automatic, symbolic and numerical."""
    if context.invoked_subcommand is None:
        say(context, lambda context: FIRST)


def main(args: Sequence[str] | None = None, environment: Environment | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = list(sys.argv[1:] if args is None else args)
    environment = environment or Environment.of_process()
    if "_DIFFCLI_COMPLETE" in environment.variables:
        import diffcli.cli.completing  # noqa: F401 (which knows how bash asks)
    try:
        outcome: Any = program.main(arguments, prog_name="diffcli", standalone_mode=False, obj=environment)
        environment.stdout.flush()
        return outcome if isinstance(outcome, int) else ExitCode.OK
    except DiffcliError as fault:
        return _report(environment, fault, arguments)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as fault:
        return _report(environment, _as_usage_error(fault), arguments)
    except (KeyboardInterrupt, click.Abort):
        write(environment.stderr, "interrupted\n")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return without_reader()
    except OSError as failure:
        message = f"cannot write the result: {failure.strerror or failure}"
        return _report(environment, refusal("unwritable-file", message), arguments)
    except Exception as failure:
        if "--debug" in arguments:
            raise
        message = f"a bug in diffcli: {type(failure).__name__}: {failure}"
        help = ["put --debug before the command for the traceback, and report it with that"]
        return _report(environment, DiffcliError([error("bug", message, help=help)]), ())


def _report(environment: Environment, fault: DiffcliError, arguments: Sequence[str]) -> int:
    from diffcli.cli.hints import with_whole_lines
    from diffcli.cli.output import tell, wants_json

    tell(environment, with_whole_lines(fault, arguments).diagnostics, wants_json(arguments))
    return fault.exit_code


def _as_usage_error(fault: click.ClickException) -> UsageError:
    """What click found wrong with the command line, as one of our own errors."""
    help: list[str] = []
    message = fault.format_message().rstrip(".")
    if isinstance(fault, click.NoSuchOption):
        from diffcli.cli.hints import for_no_option

        message = f"there is no option `{fault.option_name}`"
        help += for_no_option(fault.option_name, fault.ctx) if fault.ctx else []
    context = getattr(fault, "ctx", None)
    if isinstance(fault, click.MissingParameter) and (examples := getattr(context and context.command, "examples", ())):
        message = message.replace("Missing argument 'EXPR'", "the expression is missing")
        help.append(f"for example: {examples[0]}")
    if context is not None:
        help.append(f"`{context.command_path} --help` lists the options")
    return refusal("usage", message[:1].lower() + message[1:], *help)
