"""The same checks in pytest: python -m pytest test_gradients.py"""

import numpy as np
import pytest
from model import gradient, loss

from diffcli.testing import assert_agree, assert_gradient

POINTS = [{"w": np.array([0.3, -0.2]), "b": 0.1}, {"w": np.zeros(2), "b": 0.0}, {"w": np.array([4.0, -7.0]), "b": 2.0}]


@pytest.mark.parametrize("point", POINTS)
def test_the_gradient_by_hand_is_that_of_the_loss(point):
    assert_gradient(loss, gradient, point)


def test_every_way_to_the_derivatives_agrees():
    assert_agree(loss, POINTS[0])


def test_a_formula_in_the_documentation():
    assert_gradient("log(1 + exp(-m))", "m: -1/(1 + exp(m))", "m=0.7")
