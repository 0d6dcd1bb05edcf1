"""Makes the backdrop of a picture transparent: what has the colour of a corner and hangs together with it.

A plain backdrop goes whole, also where it shows through a handle; similar colours inside the motif stay. No
more than that: this is no segmentation model.
"""

from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter

# Up to this distance from the corner's colour (the largest of the three channels) a pixel is backdrop; soft
# shadows and smooth edges fade out up to the second.
_SURELY_BACKDROP: Final = 26
_SURELY_MOTIF: Final = 60
# Holes in the motif show the very colour of the backdrop, give or take JPEG's noise.
_SAME_COLOUR: Final = 6
# Flooding is done on a small copy: Pillow's flood is plain Python and takes seconds on a full picture.
_FLOOD_EDGE: Final = 256
_FLOODED: Final = 128
_OPAQUE: Final = 255


def cut_out(picture: Image.Image) -> Image.Image:
    """A copy of an RGBA picture with its backdrop transparent."""
    colours = picture.convert("RGB")
    alpha = picture.getchannel("A")
    right, bottom = picture.width - 1, picture.height - 1
    for corner in ((0, 0), (right, 0), (0, bottom), (right, bottom)):
        if alpha.getpixel(corner):
            alpha = ImageChops.darker(alpha, _keep_from_corner(colours, corner))
    cut = picture.copy()
    cut.putalpha(alpha)
    return cut


def _keep_from_corner(colours: Image.Image, corner: tuple[int, int]) -> Image.Image:
    """Alpha that hides what belongs to the corner and shows everything else."""
    distance = _distance(colours, corner)
    fade = distance.point([_fade(step) for step in range(256)])
    return ImageChops.lighter(fade, ImageChops.invert(_flood(distance, corner)))


def _distance(colours: Image.Image, corner: tuple[int, int]) -> Image.Image:
    backdrop = Image.new("RGB", colours.size, colours.getpixel(corner))
    red, green, blue = ImageChops.difference(colours, backdrop).split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def _fade(distance: int) -> int:
    share = (distance - _SURELY_BACKDROP) / (_SURELY_MOTIF - _SURELY_BACKDROP)
    return round(_OPAQUE * min(1.0, max(0.0, share)))


def _flood(distance: Image.Image, corner: tuple[int, int]) -> Image.Image:
    """255 wherever the corner's colour reaches without a break, widened a little so that edges can fade."""
    backdrop = distance.point([_OPAQUE if step < _SURELY_MOTIF else 0 for step in range(256)])
    small = backdrop.copy()
    small.thumbnail((_FLOOD_EDGE, _FLOOD_EDGE), Image.Resampling.NEAREST)
    start = (0 if corner[0] == 0 else small.width - 1, 0 if corner[1] == 0 else small.height - 1)
    small.putpixel(start, _OPAQUE)
    ImageDraw.floodfill(small, start, _FLOODED)
    flooded = small.point([_OPAQUE if step == _FLOODED else 0 for step in range(256)])
    same = distance.resize(small.size, Image.Resampling.NEAREST)
    reached = ImageChops.lighter(
        flooded, same.point([_OPAQUE if step <= _SAME_COLOUR else 0 for step in range(256)])
    )
    return reached.filter(ImageFilter.MaxFilter(5)).resize(distance.size, Image.Resampling.BILINEAR)
