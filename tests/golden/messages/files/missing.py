import math

import numpy as np

import diffcli


def sort(x):
    return np.sort(x)[0]


def any(x):
    return np.any(x > 0) * 1.0


def pad(x):
    return np.pad(x, 1).sum()


def fft(x):
    return np.fft.fft(x).real.sum()


def median(x):
    return np.median(x)


def cumprod(x):
    return np.cumprod(x)[-1]


def sorting_method(x):
    return x.sort()


def gcd(x):
    return math.gcd(x, 2)


def factorial(x):
    return math.factorial(x)


def sort_of_ours(x):
    return diffcli.sort(x)


def misspelt(x):
    return diffcli.sinn(x)


def sorted_by_hand(x):
    return np.stack([x[i] for i in sorted(range(len(x)), key=lambda i: x[i])])[0]


def pad_by_hand(x):
    return np.concatenate([np.zeros(1), x, np.zeros(1)]).sum()


def any_by_hand(x):
    return np.amax(x > 0) * x[0] + np.amin(x > 0) * x[1]


def trapezoid_by_hand(x):
    return np.sum((x[1:] + x[:-1]) / 2 * np.diff(x))


def cumprod_by_hand(x):
    return np.exp(np.cumsum(np.log(x)))[-1]
