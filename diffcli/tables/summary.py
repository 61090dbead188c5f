"""What is said of a whole table: counts, flags with the first row of each, and the range of every result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from diffcli.methods.compiled.flags import Flag
from diffcli.records import Array
from diffcli.tables.columns import FLAGS


class Summary:
    """Of rows so far, which are added in order. It is kept as JSON, for when it is gone on with."""

    def __init__(self, kept: Mapping[str, Any] | None = None) -> None:
        kept = kept or {}
        self.points: int = kept.get("points", 0)
        self.rows: int = kept.get("rows", 0)
        """How many rows the table has so far, those that were left out too."""
        self.bad: int = kept.get("bad", 0)
        self.first_bad: str = kept.get("first_bad", "")
        self.flags: dict[str, list[int]] = {name: list(pair) for name, pair in kept.get("flags", {}).items()}
        """Of each flag how many rows have it, and the first of them, counted from 1."""
        self.ranges: dict[str, list[Any]] = {name: list(found) for name, found in kept.get("ranges", {}).items()}
        """Of each column the smallest and the largest finite number, each with its row; empty as long as there is none."""
        self.resumed = 0
        """How many rows of the table an earlier run had done, ..."""
        self.anew = ""
        """... and why there were none to go on with."""

    def data(self) -> dict[str, Any]:
        flags = {name: list(pair) for name, pair in self.flags.items()}
        ranges = {name: list(found) for name, found in self.ranges.items()}
        counts = {"points": self.points, "rows": self.rows, "bad": self.bad, "first_bad": self.first_bad}
        return {**counts, "flags": flags, "ranges": ranges}

    def add(self, results: Mapping[str, Array], rows: Array) -> None:
        """More results, and the number of the row of each, counted from 1."""
        self.points += len(rows)
        for name, column in results.items():
            if name == FLAGS:
                self.add_flags(column, rows)
                continue
            found = self.ranges.setdefault(name, [])
            finite = np.isfinite(column)
            if not finite.any():
                continue
            low = int(np.argmin(column if finite.all() else np.where(finite, column, np.inf)))
            high = int(np.argmax(column if finite.all() else np.where(finite, column, -np.inf)))
            if not found:
                found += [float(column[low]), int(rows[low]), float(column[high]), int(rows[high])]
                continue
            if column[low] < found[0]:
                found[:2] = float(column[low]), int(rows[low])
            if column[high] > found[2]:
                found[2:] = float(column[high]), int(rows[high])

    def add_flags(self, column: Array, rows: Array) -> None:
        if not column.any():
            return
        for flag in Flag:
            places = np.flatnonzero(column & flag.value)
            if len(places):
                found = self.flags.setdefault(str(flag.name).lower(), [0, int(rows[places[0]])])
                found[0] += len(places)

    def join(self, other: Summary) -> None:
        """What was found in rows that come behind those so far."""
        before = self.rows
        for name, (count, first) in other.flags.items():
            found = self.flags.setdefault(name, [0, before + first])
            found[0] += count
        for name, [*each] in other.ranges.items():
            own = self.ranges.setdefault(name, [])
            if each:
                low, low_row, high, high_row = each
                own[:2] = own[:2] if own and own[0] <= low else [low, before + low_row]
                own[2:] = own[2:] if len(own) > 2 and own[2] >= high else [high, before + high_row]
        self.points += other.points
        self.rows += other.rows
        self.resumed += other.resumed
        self.add_bad(other.bad, other.first_bad)

    def add_bad(self, count: int, first: str) -> None:
        self.bad += count
        self.first_bad = self.first_bad or first
