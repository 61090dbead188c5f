"""``diffcli lesson``: the lecture as programs that compute what they tell, and check it."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from diffcli.cli.environment import Environment
from diffcli.cli.exit_codes import ExitCode
from diffcli.cli.limits import time_limit
from diffcli.cli.options import Command, output_options
from diffcli.cli.output import Output
from diffcli.cli.progress import progress
from diffcli.errors import UsageError, error

EXAMPLES = (
    "diffcli lesson",
    "diffcli lesson reverse",
    "diffcli lesson linear-layer --size 32 --json",
)

ALL = "all"


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from diffcli.studies.lessons import LESSONS

    known = [*[(name, entry.title) for name, entry in LESSONS.items()], (ALL, "the checks of every lesson")]
    return [CompletionItem(name, help=title) for name, title in known if name.startswith(incomplete)]


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("name", metavar="[NAME]", required=False, shell_complete=_complete)
@click.option("--seed", type=click.IntRange(0), metavar="N", default=0, help="Where random numbers start.", show_default=True)
@click.option("--size", type=click.IntRange(1), metavar="N", help="How large the example is, in lessons that have sizes.")
@click.option(
    "--timeout", type=click.FloatRange(0), metavar="S", default=60.0, help="Stop after S seconds; 0 is never.", show_default=True
)
@output_options
@click.pass_obj
def command(environment: Environment, /, name: str | None, seed: int, size: int | None, timeout: float, **options: Any) -> int:
    """A lesson of the course on automatic differentiation, computed as it is told, and checked.

    Without NAME, the list of lessons; `diffcli lesson all` runs them all and prints a line each. The exit code is 1 where a
    check fails.
    """
    output = Output.of(environment, **options)
    from diffcli.reports.formats import PERSON, UNICODE
    from diffcli.reports.lesson import lesson_report, lessons_report, verdicts_report
    from diffcli.studies.lessons import LESSONS, run_lesson
    from diffcli.studies.lessons.record import Settings

    if name is None:
        output.print(lessons_report())
        return ExitCode.OK
    if name == ALL and size is not None:
        raise UsageError([error("usage", "each lesson has a size of its own", help=["leave --size out, or name a lesson"])])
    settings = Settings(seed, size)
    lessons = []
    with time_limit(timeout), progress(environment) as stage:
        for known in LESSONS if name == ALL else (name,):
            stage(f"lesson {known}")
            lessons.append(run_lesson(known, settings))
    if name == ALL:
        output.print(verdicts_report(lessons, settings))
    else:
        asked = click.get_current_context().get_parameter_source("digits") is not click.core.ParameterSource.DEFAULT
        rounded = not asked and output.style.format.audience == PERSON
        output.print(lesson_report(lessons[0], settings, rounded, output.style.notation != UNICODE))
    return ExitCode.OK if all(lesson.passed for lesson in lessons) else ExitCode.DISAGREES
