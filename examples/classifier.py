"""A classifier, trained: two spirals, wound about each other, and a network of modules that tells them apart.

$ python examples/classifier.py
$ python examples/classifier.py --epochs 100 --seed 1 --svg loss.svg
"""

import argparse
import math
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

import diffcli.autograd as ad
from diffcli import nn
from diffcli.records.figures import Axis, Figure, Series
from diffcli.reports.plots.canvas import as_text
from diffcli.reports.plots.picture import lay_out
from diffcli.reports.plots.svg import picture_svg

BATCH = 100


def spirals(count):
    """Points on two spirals with a little noise, and which of the two each is on."""
    labels = ad.randint(0, 2, count)
    radius = ad.rand(count).sqrt()
    angle = 3 * math.pi * radius
    side = 1.0 - 2.0 * labels.double()  # the second spiral is the first one, turned by 180 degrees
    points = ad.stack([side * radius * angle.cos(), side * radius * angle.sin()], dim=1)
    return points + 0.02 * ad.randn(count, 2), labels


class Classifier(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Dropout(0.05))
        self.last = nn.Linear(width, 2)

    def forward(self, x):
        return self.last(self.hidden(x))


def train(model, points, labels, criterion, optimizer):
    """One pass over the data in batches, in random order. Returns the mean loss."""
    model.train()  # dropout drops
    order = ad.randperm(len(points))
    losses = []
    for start in range(0, len(points), BATCH):
        batch = order[start : start + BATCH]
        optimizer.zero_grad()
        loss = criterion(model(points[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return math.fsum(losses) / len(losses)


def test(model, points, labels, criterion):
    """The loss, and the share of the points that are told rightly."""
    model.eval()  # dropout does nothing
    with ad.no_grad():  # and no graph is made
        scores = model(points)
        return criterion(scores, labels).item(), (scores.argmax(dim=1) == labels).double().mean().item()


def curves(trained, tested):
    """The figure of the losses over the epochs."""
    series = [
        Series(name, tuple(enumerate(losses, start=1)), "line") for name, losses in (("training", trained), ("test", tested))
    ]
    return Figure("cross-entropy over the epochs", Axis("epoch"), Axis("loss", log=True), tuple(series))


def main():
    parser = argparse.ArgumentParser(description="Train a classifier of two spirals.")
    parser.add_argument("--epochs", type=int, default=80, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write the plot of the loss to a file too")
    options = parser.parse_args()
    if options.epochs < 1:
        parser.error("--epochs: one at least")

    ad.manual_seed(options.seed)
    data, unseen = spirals(600), spirals(300)
    model = Classifier()
    criterion = nn.CrossEntropyLoss()
    optimizer = nn.optim.Adam(model.parameters(), lr=0.02)
    print(model)

    trained, tested, accuracy = [], [], 0.0
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        for epoch in progress.track(range(1, options.epochs + 1), description="training"):
            trained.append(train(model, *data, criterion, optimizer))
            loss, accuracy = test(model, *unseen, criterion)
            tested.append(loss)
            if epoch % 20 == 0:
                progress.console.print(f"epoch {epoch}: {accuracy:.1%} of the test's points")

    figure = curves(trained, tested)
    print(f"\n{as_text(figure, 76, unicode=(sys.stdout.encoding or '').lower().startswith('utf'))}\n")
    print(f"after {options.epochs} epochs {accuracy:.1%} of points that it has not seen are told rightly")
    if options.svg:
        options.svg.write_text(picture_svg(lay_out([figure]), figure.title), encoding="utf-8")


if __name__ == "__main__":
    main()
