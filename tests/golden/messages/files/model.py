class Model:
    scale = 3.0

    def loss(self, x):
        return self.scale * x


class Scaled:
    def __init__(self, scale):
        self.scale = scale

    def loss(self, x):
        return self.scale * x


RATE = 0.5
scaled = Scaled(5.0)


def loss(x, y=1.0):
    return x**2 * y


def product(x, y):
    return x * y
