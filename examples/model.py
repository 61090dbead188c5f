"""A model in Python: how far a ball flies through air. A loop that runs until it lands, and derivatives through it.

$ python examples/model.py
$ diffcli grad examples/model.py:distance --at speed=20,angle=pi/4 --no-trace
$ diffcli grad examples/model.py:payoff --at speed=20,angle=pi/4 --mode numeric
"""

import diffcli

GRAVITY = 9.81
STEP = 0.02


def distance(speed, angle, drag=0.02):
    """Where a ball lands that is thrown at an angle; the drag grows with the square of its speed."""
    x = y = 0.0
    across, up = speed * diffcli.cos(angle), speed * diffcli.sin(angle)
    while True:
        fast = diffcli.hypot(across, up)
        across, up = across - STEP * drag * fast * across, up - STEP * (GRAVITY + drag * fast * up)
        if y + STEP * up < 0:  # it lands within this step
            return x - y / up * across
        x, y = x + STEP * across, y + STEP * up


@diffcli.custom_rule(partials="where(x > 0, sqrt(x)*3/2, 0)", at=[-1.0, 0.5, 4.0], definition="where(x > 0, x^(3/2), 0)")
def effort(x):
    """An operation with a rule of its own, which is held against its values here and now."""
    return max(x, 0.0) ** 1.5


def payoff(speed, angle):
    """The distance, less the effort of throwing hard."""
    return distance(speed, angle) - effort(speed - 10) / 10


def main():
    result = diffcli.grad(distance, {"speed": 20.0, "angle": 0.7})
    print(f"distance {result.value:.4f} m, by speed {result.gradient['speed']:.4f}, by angle {result.gradient['angle']:.4f}")
    quotient = diffcli.grad(distance, {"speed": 20.0, "angle": 0.7}, mode="numeric").gradient
    print("differences agree:", all(abs(quotient[name] - slope) < 1e-8 for name, slope in result.gradient.items()))

    improve = diffcli.value_and_grad(payoff)
    speed, angle = 20.0, 0.2
    for turn in range(200):
        value, slope = improve(speed, angle)
        if turn % 50 == 0:
            print(f"{turn:3}  speed {speed:.3f}  angle {angle:.4f}  payoff {value:.4f}")
        speed, angle = speed + 0.5 * slope["speed"], angle + 0.002 * slope["angle"]
    print(f"     speed {speed:.3f}  angle {angle:.4f}  payoff {value:.4f}")


if __name__ == "__main__":
    main()
