"""Drawing pictures anew: what is kept is ours, smaller, and says nothing of camera or place.

A picture may carry where and when it was taken, a smaller picture of what was cut off, or bytes
that are something else as well. Of all that only the dots are kept (security.md, uploads).
"""

import io
import warnings
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from chassis.files import KINDS, FileRefused

MEDIA_TYPE: Final = "image/jpeg"
LONGEST_SIDE: Final = 1600
MOST_DOTS: Final = 40_000_000
QUALITY: Final = 82
PICTURES: Final = tuple(kind for kind in KINDS if kind.media_type.startswith("image/"))


def drawn_anew(content: bytes) -> bytes:
    """Return a picture as a JPEG of at most ``LONGEST_SIDE``, upright, without anything beside it.

    Raises :class:`FileRefused` for what is no sound picture, or has more dots than a camera makes.
    """
    try:
        with warnings.catch_warnings():
            # A picture that unpacks to more than it should is warned of, and refused here.
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
                if picture.width * picture.height > MOST_DOTS:
                    raise FileRefused("The picture is too large: 40 million dots at most.")
                upright = ImageOps.exif_transpose(picture).convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning) as error:
        raise FileRefused("The content is not that of a sound picture.") from error
    except Image.DecompressionBombError as error:
        raise FileRefused("The picture is too large: 40 million dots at most.") from error
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    paper = Image.new("RGB", upright.size, "white")
    paper.paste(upright, mask=upright.getchannel("A"))
    drawn = io.BytesIO()
    paper.save(drawn, "JPEG", quality=QUALITY, optimize=True)
    return drawn.getvalue()
