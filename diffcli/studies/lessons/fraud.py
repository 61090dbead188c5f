"""A classifier of two classes of which one is rare: the confusion matrices that the lesson on grad modes reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import diffcli.autograd as ad
from diffcli import nn
from diffcli._named import NamedTuple

HONEST, FRAUDS = 4900, 100
SHIFT = 1.3
"""How far frauds are from the others along each of two features, in standard deviations."""

STEPS, RATE = 300, 1.0
RECALL = 0.12
"""The recall of the model in question; its accuracy is 98 %."""


class Confusion(NamedTuple):
    """How many of each are called what; positive is fraud."""

    tp: int
    fn: int
    fp: int
    tn: int

    @property
    def accuracy(self) -> float:
        return (self.tp + self.tn) / sum(self)

    @property
    def precision(self) -> float | None:
        called = self.tp + self.fp
        return self.tp / called if called else None

    @property
    def recall(self) -> float:
        return self.tp / (self.tp + self.fn)


class Fraud:
    """The data, and a small network that has learned to tell them apart."""

    def __init__(self, seed: int) -> None:
        ad.manual_seed(seed)
        kinds = [0] * HONEST + [1] * FRAUDS
        self.labels = ad.tensor(kinds, dtype="int64")
        self.features = ad.randn(HONEST + FRAUDS, 2) + SHIFT * ad.tensor(kinds).unsqueeze(1)
        self.model = nn.Linear(2, 2)
        optimizer = nn.optim.SGD(self.model.parameters(), lr=RATE)
        for _ in range(STEPS):
            optimizer.zero_grad()
            ad.cross_entropy(self.model(self.features), self.labels).backward()
            optimizer.step()

    def chances(self, mode: Callable[[], Any]) -> Any:
        """What the model takes the probability of a fraud to be, in a grad mode."""
        with mode():
            return ad.softmax(self.model(self.features), dim=1)[:, 1]

    def at_recall(self, recall: float) -> float:
        """The threshold from which so many of the frauds are called that."""
        of_frauds = sorted(self.chances(ad.no_grad)[HONEST:].tolist(), reverse=True)
        return float(of_frauds[round(recall * FRAUDS) - 1])

    def confusion(self, chances: Any, threshold: float) -> Confusion:
        """What is called a fraud has at least the probability ``threshold``."""
        found = list(zip([chance >= threshold for chance in chances.tolist()], self.labels.tolist(), strict=True))
        return Confusion(*[found.count(each) for each in ((True, 1), (False, 1), (True, 0), (False, 0))])
