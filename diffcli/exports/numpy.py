"""NumPy."""

from __future__ import annotations

from diffcli.exports.arrays import Arrays

LANGUAGE = Arrays()
