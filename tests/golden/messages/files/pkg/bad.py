from .nothere import value


def f(x):
    return value * x
