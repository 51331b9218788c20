import io

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps


def use(turn):
    picture = Image.new("RGB", (64, 48), (turn, 20, 30))
    ImageDraw.Draw(picture).ellipse((4, 4, 40, 40), fill=(200, turn, 0))
    ImageDraw.Draw(picture).text((2, 30), f"turn {turn}", font=ImageFont.load_default(10))
    small = ImageOps.autocontrast(picture.filter(ImageFilter.GaussianBlur(1)).resize((32, 24)))
    sizes = {}
    for kind in ("PNG", "JPEG", "WEBP", "TIFF", "GIF"):
        file = io.BytesIO()
        picture.save(file, kind)
        again = Image.open(io.BytesIO(file.getvalue()))
        again.load()
        assert again.size == picture.size
        sizes[kind] = len(file.getvalue())
    try:
        Image.open(io.BytesIO(b"no picture"))
        raise AssertionError("no picture was opened")
    except OSError:
        pass
    return sizes, small.tobytes()[:200], picture.point(lambda value: value // 2).histogram()[:50]
