"""Layers and losses as functions, for use in ``forward``: ``from diffcli.nn import functional as F``.

The activations, and everything else of diffcli's tables of operations, are here under their names (``F.relu``,
``F.softmax``). Losses have a ``reduction``: ``"mean"`` (the default), ``"sum"``, or ``"none"`` for one number an example.
"""

from __future__ import annotations

from math import inf
from numbers import Integral
from typing import Any

from diffcli.autograd import creation as making
from diffcli.autograd import methods
from diffcli.autograd.graph.apply import apply
from diffcli.autograd.modes import no_grad
from diffcli.autograd.signatures import flag, number, whole
from diffcli.errors import fault
from diffcli.errors.foreign_names import missing
from diffcli.operations.arithmetic import tensors
from diffcli.operations.array_row import shape_text


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """x Wᵀ + b, of the last axis of the input x."""
    result = apply("matmul", (input, apply("transpose", (weight,))))
    return result if bias is None else result + bias


def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """Convolution of images: sums of the products of kernels and each patch (a cross-correlation, as in all such layers).

    Images are batch × channels × height × width, or one without a batch; kernels outputs × channels of a group × height × width.
    ``stride`` is how far patches are apart, ``dilation`` how far apart the elements of one are, ``padding`` how many zeros stand
    around: one number, or one along the height and one along the width; ``"same"`` is the padding that keeps the size. Each of
    the ``groups`` of channels is convolved for itself.

    >>> from diffcli.autograd import ones
    >>> conv2d(ones(1, 1, 4, 4), ones(1, 1, 3, 3), padding="same")[0, 0, 0]
    tensor([4., 6., 6., 4.])
    """
    input, weight = making.as_tensor(input), making.as_tensor(weight)
    if input.ndim == 3:
        return conv2d(input.unsqueeze(0), weight, bias, stride, padding, dilation, groups).squeeze(0)
    strides, apart = pair("stride", stride, 1), pair("dilation", dilation, 1)
    window = (strides, pads_of(padding, strides, apart, weight.shape[2:]), apart, whole("groups", groups, 1))
    result = apply("conv2d", (input, weight), window=window)
    return result if bias is None else result + making.as_tensor(bias).reshape(1, -1, 1, 1)


def pair(name: str, given: Any, least: int) -> tuple[int, ...]:
    """A number along the height and one along the width."""
    found = tuple(given) if isinstance(given, tuple | list) else (given, given)
    if len(found) != 2 or not all(isinstance(one, Integral) and not isinstance(one, bool) and int(one) >= least for one in found):
        raise fault("bad-module", f"{name} is a whole number of at least {least}, or two of them, not {given!r}")
    return tuple(map(int, found))


def pads_of(given: Any, strides: tuple[int, ...], apart: tuple[int, ...], lengths: Any) -> tuple[tuple[int, int], ...]:
    """How many zeros stand before and behind, along the height and the width."""
    named = given if isinstance(given, str) else ""
    if named == "same" and strides == (1, 1):
        spans = [step * (length - 1) for step, length in zip(apart, lengths, strict=True)]
        return tuple((span // 2, span - span // 2) for span in spans)
    if named == "same":
        raise fault("bad-module", "padding='same' is for a stride of 1", help=["give the padding in numbers"])
    return tuple((one, one) for one in pair("padding", 0 if named == "valid" else given, 0))


def check_probability(p: float) -> None:
    if not 0 <= number("p", p) <= 1:
        raise fault("bad-module", f"the probability to drop an element lies between 0 and 1, and {p} does not")


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, generator: Any = None) -> Any:
    """Components become 0 with probability p, and the others are divided by 1 - p; nothing happens outside of training."""
    check_probability(p)
    if not isinstance(inplace, bool):
        raise TypeError(f"inplace is True or False, not a `{type(inplace).__name__}`; a generator is given by name")
    input = making.as_tensor(input)
    if not flag("training", training) or p == 0:
        return input
    kept = making.rand(input.shape, generator=generator) >= p
    factor = kept.to(input.dtype) / (1.0 - p if p < 1 else 1.0)
    return input.mul_(factor) if inplace else input * factor


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Batch normalisation (Ioffe & Szegedy 2015): each feature has mean 0 and variance 1, then is scaled and shifted.

    In training by the mean and variance of the batch, which move the running ones in place: those by the unbiased variance.
    The input is batch × features, and any axes more, over which the mean is taken too.
    """
    input = making.as_tensor(input)
    if input.ndim < 2:
        raise fault("shape-mismatch", f"batch norm is of batch × features, and any axes more, not of {shape_text(input.shape)}")
    axes = tuple(axis for axis in range(input.ndim) if axis != 1)
    if flag("training", training):
        count = input.numel() // max(input.shape[1], 1)
        if count < 2:
            message = f"batch norm needs several values of each feature in training, and {shape_text(input.shape)} has one"
            raise fault("bad-module", message, help=["use a larger batch, or call eval() on the model first"])
        mean = apply("mean", (input,), axis=axes, keepdims=1)
        centred = input - mean
        variance = apply("mean", (apply("square", (centred,)),), axis=axes, keepdims=1)
        if running_mean is not None:
            with no_grad():
                _move(running_mean, mean, momentum)
                _move(running_var, variance * (count / (count - 1)), momentum)
    else:
        mean, variance = _beside(running_mean, input), _beside(running_var, input)
        centred = input - mean
    result = centred / apply("sqrt", (variance + number("eps", eps),))
    if weight is not None:
        result = result * _beside(weight, input)
    return result if bias is None else result + _beside(bias, input)


def _move(running: Any, newest: Any, momentum: float) -> None:
    """Move a running average towards the newest number."""
    running.mul_(1.0 - momentum).add_(newest.detach().reshape(running.shape) * momentum)


def _beside(feature: Any, input: Any) -> Any:
    """A number for each feature, in a shape that is repeated over all axes but theirs."""
    feature = making.as_tensor(feature)
    return feature if input.ndim == 2 else feature.reshape(1, -1, *[1] * (input.ndim - 2))


# -- losses ----------------------------------------------------------------------------------------------------------------


def check_reduction(reduction: str) -> None:
    """Refuse a reduction that there is not."""
    if not isinstance(reduction, str) or reduction not in ("mean", "sum", "none"):
        help: list[str] = [] if isinstance(reduction, str) else ["give other settings by their names: weight=..."]
        raise fault("bad-module", f"a reduction is 'mean', 'sum' or 'none', not {reduction!r}", help=help)


def reduced(losses: Any, reduction: str) -> Any:
    """The losses of examples as one number, or as they are."""
    check_reduction(reduction)
    return losses if reduction == "none" else apply(reduction, (losses,))


def _same_shape(input: Any, target: Any) -> tuple[Any, Any]:
    """Predictions and targets as tensors of one shape."""
    input, target = making.as_tensor(input), making.as_tensor(target)
    if input.shape != target.shape:
        given, wanted = shape_text(input.shape), shape_text(target.shape)
        message = f"predictions are {given}, and targets {wanted}: they would be repeated to fit"
        raise fault("shape-mismatch", message, help=["give both the same shape, with reshape, squeeze or unsqueeze"])
    return input, target


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Squares of differences."""
    input, target = _same_shape(input, target)
    return reduced(apply("square", (input - target,)), reduction)


def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Absolute values of differences."""
    input, target = _same_shape(input, target)
    return reduced(apply("abs", (input - target,)), reduction)


def _checked_labels(input: Any, target: Any) -> Any:
    """Labels as a tensor: one whole number for each example, each a class; another one would make NaN of the loss in silence."""
    labels = making.as_tensor(target).detach()
    classes = input.shape[-1] if input.ndim else 0
    if labels.shape != input.shape[:-1] or not classes:
        message = f"predictions of {shape_text(input.shape)} do not fit labels of {shape_text(labels.shape)}"
        help = ["predictions are batch × classes, labels one whole number for each of the batch"]
        raise fault("shape-mismatch", message, help=help)
    return _of_classes(labels, classes)


def _of_classes(labels: Any, classes: float) -> Any:
    label = tensors.no_label(labels._value, min(classes, 2.0**53))
    if label is not None:
        known = f"with {classes} classes labels are the whole numbers from 0 to {classes - 1}"
        raise fault("domain", f"a label is {label:g}, and {known if classes < inf else 'labels are whole numbers from 0 on'}")
    return labels.to("int64")


def _labels(input: Any, target: Any) -> Any:
    """Labels as 1 at their places: batch × classes, or classes."""
    return apply("one_hot", (_checked_labels(input, target),), classes=input.shape[-1]).to(input.dtype)


def _at_labels(input: Any, right: Any) -> Any:
    """What each example has at its label, of length 1; an infinity elsewhere does not count, as 0*inf would."""
    return apply("sum", (apply("where", (right == 1, input, 0.0)),), axis=-1, keepdims=1)


def _of_labels(
    logs: Any, target: Any, reduction: str, weight: Any = None, ignore_index: int = -100, label_smoothing: float = 0.0
) -> Any:
    """What the logs have at the labels, negated, each with the weight of its class; a mean is over the weights."""
    check_reduction(reduction)
    if not 0 <= number("label_smoothing", label_smoothing) <= 1:
        raise fault("bad-module", f"label_smoothing is a share, between 0 and 1, not {label_smoothing!r}")
    given = making.as_tensor(target).detach()
    kept = given != whole("ignore_index", ignore_index)
    right = _labels(logs, apply("where", (kept, given, 0.0)))
    weights = making.ones(logs.shape[-1], dtype=logs.dtype) if weight is None else making.as_tensor(weight)
    if weights.shape != logs.shape[-1:]:
        message = f"weights are one number for each of {logs.shape[-1]} classes, not {shape_text(weights.shape)}"
        raise fault("shape-mismatch", message)
    own = apply("sum", (right * weights,), axis=-1)
    losses = -(1.0 - label_smoothing) * own * _at_labels(logs, right).squeeze(-1)
    if label_smoothing:
        losses = losses - label_smoothing / logs.shape[-1] * apply("sum", (weights * logs,), axis=-1)
    losses = apply("where", (kept, losses, 0.0))
    if reduction != "mean":
        return reduced(losses, reduction)
    return losses.sum() / apply("where", (kept, own, 0.0)).sum()


def nll_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None, ignore_index: int = -100) -> Any:
    """Of log-probabilities, batch × classes: what the label has, negated, by the weight of its class.

    Examples whose label is ``ignore_index`` do not count.
    """
    return _of_labels(making.as_tensor(input), target, reduction, weight, ignore_index)


def cross_entropy(
    input: Any, target: Any, reduction: str = "mean", label_smoothing: float = 0.0, weight: Any = None, ignore_index: int = -100
) -> Any:
    """Of logits, batch × classes, and labels: logsumexp(logits) less the label's logit, by the weight of its class.

    ``label_smoothing`` is the share of the target that goes to all classes alike. Examples whose label is ``ignore_index`` do
    not count.
    """
    check_reduction(reduction)
    input, target = making.as_tensor(input), making.as_tensor(target)
    kept = target != whole("ignore_index", ignore_index)
    plain = number("label_smoothing", label_smoothing) == 0 and weight is None and kept.all()
    if reduction == "mean" and input.ndim == 2 and plain:
        return apply("cross_entropy", (input, _checked_labels(input, target)))
    return _of_labels(apply("log_softmax", (input,), axis=-1), target, reduction, weight, ignore_index, label_smoothing)


def hinge_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Of scores and targets of -1 and 1: max(0, 1 - target*score)."""
    input, target = _same_shape(input, target)
    if not ((target == 1) | (target == -1)).all():
        help = ["of labels of 0 and 1 they are 2*labels - 1"]
        raise fault("domain", "targets of the hinge loss are -1 and 1, and there are others", help=help)
    return reduced(apply("relu", (1.0 - target * input,)), reduction)


def multi_margin_loss(input: Any, target: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    """Of scores, batch × classes: by how much other classes come within the margin of the label's, over the classes.

    The sum over the other classes of max(0, margin - score of the label + their score), divided by the number of classes
    (Crammer & Singer 2001 take the largest of them instead).
    """
    input = making.as_tensor(input)
    right = _labels(input, target)
    others = apply("relu", (number("margin", margin) - _at_labels(input, right) + input,)) * (1.0 - right)
    return reduced(apply("sum", (others,), axis=-1) / float(input.shape[-1]), reduction)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, reduction: str = "mean", weight: Any = None, pos_weight: Any = None
) -> Any:
    """Of logits x and targets between 0 and 1: softplus(x) - target*x, which never overflows; targets of 1 by ``pos_weight``."""
    input, target = _same_shape(input, target)
    losses = apply("softplus", (input,)) - target * input
    if pos_weight is not None:
        losses = losses + (making.as_tensor(pos_weight) - 1.0) * target * apply("softplus", (-input,))
    return reduced(losses if weight is None else losses * weight, reduction)


def one_hot(input: Any, num_classes: int = -1) -> Any:
    """1 at the label's place, 0 elsewhere; of as many classes as the labels need, if that is not given."""
    labels = making.as_tensor(input).detach()
    classes = whole("num_classes", num_classes, -1)
    if classes == -1:
        classes = int(_of_classes(labels, inf).max()) + 1
    return apply("one_hot", (_of_classes(labels, classes),), classes=classes)


def __getattr__(name: str) -> Any:
    found = None if name.startswith("_") else methods.function(name)
    if found is None:
        raise AttributeError(missing(f"module 'diffcli.nn.functional' has no attribute {name!r}", name, __dir__()))
    return found


def __dir__() -> list[str]:
    own = [name for name, one in globals().items() if getattr(one, "__module__", "") == __name__ and not name.startswith("_")]
    return sorted({*own, *methods.function_names()})
