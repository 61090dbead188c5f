"""Named tuples that cost little to import. A type checker sees `typing.NamedTuple`, and whoever uses one sees the same.

`typing` and `collections` write and compile a constructor for each class as it is defined, which for the records on the way
to a gradient takes longer than the gradient. Here a class is given all that `namedtuple` makes when its first instance is made.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from collections import namedtuple

    class _Named(type):
        """Takes the annotations of a class for the names of its fields, and what is assigned to them for defaults."""

        def __new__(meta, name, bases, namespace):
            fields = tuple(namespace.get("__annotations__", ()))
            defaults = {field: namespace.pop(field) for field in fields if field in namespace}
            namespace |= {"__slots__": (), "_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
            return super().__new__(meta, name, bases, namespace)

    class NamedTuple(tuple, metaclass=_Named):
        def __new__(cls, *values, **named):
            made = namedtuple(cls.__name__, cls._fields, defaults=cls._field_defaults.values())
            methods = dict(vars(made))  # a copy: what vars() gives is emptied when its class is collected
            # the constructor last: another thread that finds it finds the fields too
            for name in sorted(methods.keys() - vars(cls).keys(), key="__new__".__eq__):
                setattr(cls, name, methods[name])
            return cls(*values, **named)

        @classmethod
        def _make(cls, values):
            return cls(*values)


__all__ = ["NamedTuple"]
