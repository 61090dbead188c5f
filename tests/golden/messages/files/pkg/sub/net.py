from ..constants import CONSTANT
from . import helper


def energy(x):
    return CONSTANT * helper.square(x)


def fails(x):
    return helper.exponential(x)
