"""What the lecture prints of its modules, to the letter."""

from __future__ import annotations

_NET2 = """\
Net2(
  (layer0): MyLinear()
  (layer1): MyLinear()
)"""

PRINTED = {
    "net.children()": "MyLinear()\nReLU()\nMyLinear()",
    "net.modules()": """\
Sequential(
  (0): MyLinear()
  (1): ReLU()
  (2): MyLinear()
)
MyLinear()
ReLU()
MyLinear()""",
    "net2.children()": "MyLinear()\nMyLinear()",
    "net2.modules()": f"{_NET2}\nMyLinear()\nMyLinear()",
    "net2.named_children()": "('layer0', MyLinear())\n('layer1', MyLinear())",
    "net.named_modules()": f"('', {_NET2})\n('layer0', MyLinear())\n('layer1', MyLinear())",
}
"""By the call that the lecture names. The last one is a slip."""
