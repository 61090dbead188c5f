"""What PyTorch has beside tensors and modules: batches of data, clipped gradients, norms of matrices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import diffcli.autograd as ad
from diffcli.errors import fault


class TensorDataset:
    """Tensors with as many rows each; an example is a row of each."""

    def __init__(self, *tensors: Any) -> None:
        if len(set(map(len, tensors))) != 1:
            raise fault("shape-mismatch", f"the tensors have {' and '.join(str(len(one)) for one in tensors)} rows")
        self.tensors = tensors

    def __getitem__(self, number: Any) -> tuple[Any, ...]:
        return tuple(one[number] for one in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


class DataLoader:
    """Batches of a dataset, in order or, with ``shuffle``, in another order each time. The number of workers has no effect.

    >>> data = TensorDataset(ad.tensor([1.0, 2.0, 3.0]), ad.tensor([0, 1, 1], dtype="int64"))
    >>> [x.tolist() for x, y in DataLoader(data, batch_size=2)]
    [[1.0, 2.0], [3.0]]
    """

    def __init__(
        self, dataset: Any, batch_size: int = 1, shuffle: bool = False, *, drop_last: bool = False, collate_fn: Any = None,
        generator: Any = None, num_workers: int = 0,
    ) -> None:  # fmt: skip
        if type(batch_size) is not int or batch_size < 1:
            raise fault("bad-module", f"a batch has a whole number of examples, at least 1, not {batch_size!r}")
        self.dataset, self.batch_size, self.shuffle, self.drop_last = dataset, batch_size, shuffle, drop_last
        self.collate_fn, self.generator = collate_fn or default_collate, generator

    def __len__(self) -> int:
        return (len(self.dataset) + (0 if self.drop_last else self.batch_size - 1)) // self.batch_size

    def __iter__(self) -> Iterator[Any]:
        count, size = len(self.dataset), self.batch_size
        order = ad.randperm(count, generator=self.generator).tolist() if self.shuffle else range(count)
        for first in range(0, len(self) * size, size):
            yield self.collate_fn([self.dataset[number] for number in order[first : first + size]])


def default_collate(examples: list[Any]) -> Any:
    """A batch of examples: tensors and arrays are stacked, numbers become a tensor, and so on within tuples."""
    if isinstance(examples[0], tuple | list):
        return [default_collate(list(column)) for column in zip(*examples, strict=True)]
    if isinstance(examples[0], int):
        return ad.tensor(examples, dtype="int64")
    return ad.stack([ad.as_tensor(example) for example in examples])


def clip_grad_norm_(parameters: Any, max_norm: float, norm_type: float = 2.0) -> Any:
    """Scale the gradients of parameters down to a norm of all together; returns the norm that they had."""
    grads = [one.grad for one in ([parameters] if isinstance(parameters, ad.Tensor) else parameters) if one.grad is not None]
    with ad.no_grad():
        norm = ad.cat([one.reshape(-1) for one in grads] or [ad.zeros(1)]).norm(norm_type)
        for one in grads:
            one.mul_(min(max_norm / (norm.item() + 1e-6), 1.0))
    return norm


def linalg_norm(input: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The norm of a vector, or of each along an axis; of a matrix the root of the sum of squares, and no other."""
    of_matrix = input.ndim > 1 if dim is None else isinstance(dim, tuple | list) and len(dim) == 2
    if of_matrix and ord not in (None, "fro"):
        help = ["use x.norm(p) for that of all elements, or dim=... for those of rows or columns"]
        raise fault("not-numbers", f"of a matrix there is the Frobenius norm here, and not {ord!r}", help=help)
    return input.norm(2 if ord is None else ord, dim, keepdim, dtype)
