"""A picture as SVG 1.1, written directly: ASCII, the same bytes on every run, readable by any browser and editor."""

from __future__ import annotations

import re

from diffcli.reports.plots.picture import INK, PAPER, Disc, Item, Path, Picture, Words

FONTS = "Helvetica, Arial, 'DejaVu Sans', sans-serif"


def picture_svg(picture: Picture, title: str) -> str:
    """The text of an SVG file with a picture."""
    size = f'width="{_number(picture.width)}" height="{_number(picture.height)}"'
    box = f'viewBox="0 0 {_number(picture.width)} {_number(picture.height)}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} role="img" font-family="{FONTS}" fill="none">',
        f"<title>{escape(title)}</title>",
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        *[_element(item) for item in picture.items],
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """A text as XML shows it: in ASCII, with what XML does not allow at all replaced.

    >>> escape('1 < x & "∂"'), escape(chr(7))
    ('1 &lt; x &amp; &quot;&#8706;&quot;', '&#65533;')
    """
    text = re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
    for character, name in {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}.items():
        text = text.replace(character, name)
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _element(item: Item) -> str:
    if isinstance(item, Words):
        return _words(item)
    look = f'stroke="{item.color}"' + (f' fill="{item.fill}"' if item.fill else "")
    if isinstance(item, Disc):
        return f'<circle cx="{_number(item.x)}" cy="{_number(item.y)}" r="{_number(item.radius)}" {look}/>'
    return _path(item, look)


def _path(path: Path, look: str) -> str:
    corners = [f"{_number(x)} {_number(y)}" for x, y in path.corners]
    if path.width != 1:
        look += f' stroke-width="{_number(path.width)}"'
    if path.dash:
        look += f' stroke-dasharray="{" ".join(map(_number, path.dash))}"'
    return f'<path d="M{" L".join(corners)}" {look}/>'


def _words(words: Words) -> str:
    x, y = _number(words.x), _number(words.y)
    look = f'font-size="{_number(words.size)}" fill="{INK}"'
    if words.anchor != "start":
        look += f' text-anchor="{words.anchor}"'
    if words.bold:
        look += ' font-weight="bold"'
    if words.upright:
        look += f' transform="rotate(-90 {x} {y})"'
    return f'<text x="{x}" y="{y}" {look}>{escape(words.text)}</text>'


def _number(value: float) -> str:
    """A length to a hundredth of a point, which no difference in the last bit of a logarithm reaches."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
