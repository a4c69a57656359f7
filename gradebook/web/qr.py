"""QR codes as drawings inside a page."""

import segno
from markupsafe import Markup


def drawing_of(text: str, css_class: str) -> Markup:
    """A QR code as SVG: attributes only, no style, dark on white in every theme. `text` is ours, never typed."""
    drawing = segno.make(text, error="m", micro=False)
    svg = drawing.svg_inline(omitsize=True, border=2, dark="#000", light="#fff", svgclass=css_class, lineclass=None)
    return Markup(svg)  # noqa: S704 - a drawing, in which the text does not occur
