"""What is to be said of a point: `diffcli.Flag`."""

from __future__ import annotations

from enum import IntFlag


class Flag(IntFlag):
    """What a kernel says of a point, as bits that are joined by ``|``; 0 says that there is nothing to say.

    >>> Flag(5), Flag.KINK in Flag(5)
    (<Flag.KINK|JUMP: 5>, True)
    """

    KINK = 1
    TIE = 2
    JUMP = 4
    POLE = 8
    DOMAIN = 16
    NONFINITE = 32
    DIGITS = 64
