"""`diffcli.language.complaints`, imported when there is something to complain of: a right text does not wait for it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from diffcli.language import complaints
else:

    class _Later:
        def __getattr__(self, name):
            from importlib import import_module

            return getattr(import_module("diffcli.language.complaints"), name)

    complaints = _Later()

__all__ = ["complaints"]
