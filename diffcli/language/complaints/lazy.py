"""The modules of complaints, imported when there is something to complain of: a right text does not wait for them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from diffcli.language.complaints import array_complaints, complaints
else:

    class _Later:
        def __init__(self, module):
            self.module = module

        def __getattr__(self, name):
            from importlib import import_module

            return getattr(import_module(self.module), name)

    complaints = _Later("diffcli.language.complaints.complaints")
    array_complaints = _Later("diffcli.language.complaints.array_complaints")

__all__ = ["array_complaints", "complaints"]
