"""The tape of a Python function as it ran: with places in the user's file, and the conditions that Python branched on."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

from diffcli.errors import Span
from diffcli.tape.recording.call_sites import CallSites
from diffcli.tape.tape import Tape


class RecordedTape(Tape):
    """A `Tape` whose rows know the instruction that they come from; its text is looked up when it is asked for."""

    __slots__ = ("places", "sites")

    def __init__(self, sites: CallSites, inputs: list[str], places: array[int], decisions: Sequence[int]) -> None:
        super().__init__(sites.source, inputs)
        self.sites = sites
        self.places = places
        self.decisions = decisions

    def __copy__(self) -> RecordedTape:
        """A twin with the same columns; where its rows stand is still not looked up."""
        twin = RecordedTape(self.sites, self.inputs, self.places, self.decisions)
        for name in Tape.__slots__:
            if name not in ("starts", "stops"):
                setattr(twin, name, getattr(self, name))
        return twin

    def span(self, slot: int) -> Span:
        return self.sites.span(self.places[slot - len(self.inputs)])

    @property
    def starts(self) -> array[int]:
        """Where each row begins in the source, as for a program; each place is looked up once."""
        return self._column(span.start for span in map(self.sites.span, self.places))

    @starts.setter
    def starts(self, _: Any) -> None:
        pass  # there is nothing to keep

    @property
    def stops(self) -> array[int]:
        return self._column(span.stop for span in map(self.sites.span, self.places))

    @stops.setter
    def stops(self, _: Any) -> None:
        pass

    @staticmethod
    def _column(positions: Iterable[int]) -> array[int]:
        return array("q", positions)
