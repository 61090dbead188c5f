import math


def square(x):
    return x * x


def exponential(x):
    return math.exp(x)
