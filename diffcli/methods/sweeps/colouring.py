"""Colours: which columns of a sparse matrix one sweep can find together.

Columns that share no row can be found from their sum, as each row holds one of them at most (Curtis, Powell & Reid 1974).
So columns that do share one must differ in colour, and there are as many sweeps as colours. The greedy way takes the fullest
column first, and gives it the first colour that is free (Coleman & Moré 1983). A symmetric matrix needs fewer: an entry that
is hidden in one of its two places may be found in the other. It is enough that no two neighbours have one colour, and no
path of four vertices only two: a star colouring (Coleman & Moré 1984; Gebremedhin, Manne & Pothen 2005, section 4).
"""

from __future__ import annotations

from diffcli.records.matrices import Groups, Pattern

MOST_WORK = 20_000_000
"""How many pairs of neighbours a star colouring looks at; beyond it columns are coloured as those of any matrix."""


def colour_columns(pattern: Pattern) -> Groups:
    """Groups of columns of which no two share a row; of the transposed pattern, of rows. Those without an entry are in none.

    >>> colour_columns(Pattern(4, ((0, 1), (1, 2), (2, 3))))
    ((1, 3), (0, 2))
    """
    taken = [0] * len(pattern.rows)
    colours = [-1] * pattern.columns
    by_column = pattern.transposed().rows
    for column in _fullest_first(by_column):
        used = 0
        for row in by_column[column]:
            used |= taken[row]
        colour = ~used & (used + 1)  # the lowest bit that is not set
        colours[column] = colour.bit_length() - 1
        for row in by_column[column]:
            taken[row] |= colour
    return _groups(colours)


def colour_symmetric(pattern: Pattern) -> Groups:
    """Groups of columns of a symmetric matrix from whose sums every entry can be told, by `recovery_table`.

    An arrow, of which every column shares the first row, takes two sums and not four:

    >>> arrow = Pattern(4, ((0, 1, 2, 3), (0, 1), (0, 2), (0, 3)))
    >>> colour_symmetric(arrow), len(colour_columns(arrow))
    (((0,), (1, 2, 3)), 4)
    """
    neighbours = [tuple(column for column in columns if column != row) for row, columns in enumerate(pattern.rows)]
    if sum(len(around) * len(neighbours[vertex]) for around in neighbours for vertex in around) > MOST_WORK:
        return colour_columns(pattern)
    colours = [-1] * pattern.columns
    for vertex in _fullest_first(pattern.rows):
        used = 0
        for beside in neighbours[vertex]:
            if colours[beside] < 0:
                for far in neighbours[beside]:
                    if colours[far] >= 0:
                        used |= 1 << colours[far]
                continue
            used |= 1 << colours[beside]
            for far in neighbours[beside]:
                if colours[far] >= 0 and not used >> colours[far] & 1 and _ends_a_path(neighbours, colours, far, beside):
                    used |= 1 << colours[far]
        colours[vertex] = (~used & (used + 1)).bit_length() - 1
    return _groups(colours)


def _ends_a_path(neighbours: list[tuple[int, ...]], colours: list[int], vertex: int, beside: int) -> bool:
    """Whether another neighbour of a vertex has the colour of the one ``beside`` it."""
    return any(other != beside and colours[other] == colours[beside] for other in neighbours[vertex])


def recovery_table(pattern: Pattern, groups: Groups) -> list[list[int]]:
    """For each entry of a symmetric pattern, in the order of its rows, whether it stands alone among the columns of a group.

    The number is that of the group of the entry's column, or -1 where another entry of the row is in it too; then the entry
    is to be found in its other place, with row and column exchanged.

    >>> arrow = Pattern(3, ((0, 1, 2), (0, 1), (0, 2)))
    >>> recovery_table(arrow, colour_symmetric(arrow))
    [[0, -1, -1], [0, 1], [0, 1]]
    """
    group_of = {column: number for number, group in enumerate(groups) for column in group}
    found = []
    for columns in pattern.rows:
        counts: dict[int, int] = {}
        for column in columns:
            counts[group_of[column]] = counts.get(group_of[column], 0) + 1
        found.append([group_of[column] if counts[group_of[column]] == 1 else -1 for column in columns])
    return found


def _fullest_first(lists: tuple[tuple[int, ...], ...]) -> list[int]:
    """The numbers of lists that are not empty, the longest first, and in order where they are of one length."""
    return sorted((number for number, entries in enumerate(lists) if entries), key=lambda number: -len(lists[number]))


def _groups(colours: list[int]) -> Groups:
    groups: list[list[int]] = [[] for _ in range(max(colours, default=-1) + 1)]
    for column, colour in enumerate(colours):
        if colour >= 0:
            groups[colour].append(column)
    return tuple(map(tuple, groups))
