"""``diffcli lesson``: a course whose lessons compute what they say, and check it."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from diffcli.cli.exit_codes import ExitCode
from diffcli.cli.options import INPUT, SHOWN, Number, Option, as_command, shared
from diffcli.cli.run import Run
from diffcli.errors import refusal
from diffcli.methods.points.ranges import Range

EXAMPLES = (
    "diffcli lesson",
    "diffcli lesson reverse",
    "diffcli lesson reverse --answer",
    "diffcli lesson linear-layer --size 32 --json",
)

ALL = "all"


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from diffcli.studies.lessons import LESSONS

    known = [*[(name, entry.title) for name, entry in LESSONS.items()], (ALL, "the checks of every lesson")]
    return [CompletionItem(name, help=title) for name, title in known if name.startswith(incomplete)]


@as_command(
    click.Argument(["name"], metavar="[NAME]", required=False, shell_complete=_complete),
    shared("seed", default=0),
    Option("--size", group=INPUT, type=Number(Range(1, 10_000)), metavar="N", help="How large the example is, in lessons that have sizes."),
    Option("--more", group=SHOWN, is_flag=True, help="Everything: the checks, and what is left out so that a lesson fits on a page."),
    Option("--answer", group=SHOWN, is_flag=True, help="Only the lesson's question and its answer."),
    "timeout",
    examples=EXAMPLES,
    limits=False,
)
def command(run: Run, name: str | None, seed: int, size: int | None, more: bool, answer: bool) -> int:
    """A lesson of the course on derivatives; every number in it is computed, and every claim is checked.

    Without NAME, the list of lessons; `diffcli lesson all` runs them all and prints a line each. The exit code is 1 where a
    check fails.
    """
    from diffcli.reports.formats import PERSON, UNICODE
    from diffcli.reports.lesson import lesson_report, lessons_report, verdicts_report
    from diffcli.studies.lessons import LESSONS, run_lesson
    from diffcli.studies.lessons.record import Settings

    output = run.output
    if name in (None, ALL) and (more or answer or size is not None):
        raise refusal("usage", "--size, --more and --answer are about one lesson", "diffcli lesson reverse --more")
    if name is None:
        output.print(lessons_report())
        return ExitCode.OK
    settings = Settings(seed, size)
    lessons = []
    with run.at_work() as stage:
        for known in LESSONS if name == ALL else (name,):
            stage(f"lesson {known}")
            lessons.append(run_lesson(known, settings))
    if name == ALL:
        output.print(verdicts_report(lessons, settings))
    else:
        read = output.style.format.audience == PERSON
        rounded, more = read and not output.style.asked, more or not read
        output.print(lesson_report(lessons[0], settings, rounded, output.style.notation != UNICODE, more, answer))
    return ExitCode.OK if all(lesson.passed for lesson in lessons) else ExitCode.DISAGREES
