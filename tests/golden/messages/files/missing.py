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
