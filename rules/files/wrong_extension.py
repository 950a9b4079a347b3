"""The rule `wrong-extension`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: The formats, in Pillow's names, that a file of an extension may hold. Frozen from
#: `PIL.Image.registered_extensions()`, with the formats that share a container: MPO is a JPEG with more pictures
#: behind the first, APNG is a PNG, and PPM names the whole portable-anymap family.
FORMATS = {
    "apng": ("PNG",),
    "avif": ("AVIF",),
    "avifs": ("AVIF",),
    "blp": ("BLP",),
    "bmp": ("BMP", "DIB"),
    "cur": ("CUR",),
    "dcx": ("DCX",),
    "dds": ("DDS",),
    "dib": ("DIB", "BMP"),
    "gif": ("GIF",),
    "heic": ("HEIF",),
    "heif": ("HEIF", "AVIF"),
    "hif": ("HEIF",),
    "icns": ("ICNS",),
    "ico": ("ICO",),
    "im": ("IM",),
    "j2c": ("JPEG2000",),
    "j2k": ("JPEG2000",),
    "jfif": ("JPEG", "MPO"),
    "jp2": ("JPEG2000",),
    "jpc": ("JPEG2000",),
    "jpe": ("JPEG", "MPO"),
    "jpeg": ("JPEG", "MPO"),
    "jpf": ("JPEG2000",),
    "jpg": ("JPEG", "MPO"),
    "jpx": ("JPEG2000",),
    "jxl": ("JXL",),
    "mpo": ("MPO", "JPEG"),
    "msp": ("MSP",),
    "pbm": ("PPM",),
    "pcd": ("PCD",),
    "pcx": ("PCX",),
    "pfm": ("PPM",),
    "pgm": ("PPM",),
    "png": ("PNG",),
    "pnm": ("PPM",),
    "ppm": ("PPM",),
    "psd": ("PSD",),
    "qoi": ("QOI",),
    "ras": ("SUN",),
    "rgb": ("SGI",),
    "rgba": ("SGI",),
    "sgi": ("SGI",),
    "tga": ("TGA",),
    "tif": ("TIFF",),
    "tiff": ("TIFF",),
    "webp": ("WEBP",),
    "xbm": ("XBM",),
    "xpm": ("XPM",),
}

#: Formats that few loaders read.
RARELY_READ = ("HEIF", "JXL")


def misnamed(images: LazyFrame) -> LazyFrame:
    """The images with a column `misnamed`: whether the extension promises other formats than theirs."""
    promised = pl.LazyFrame(
        {"extension": list(FORMATS), "promised": list(FORMATS.values())},
        schema={"extension": pl.String, "promised": pl.List(pl.String)},
    )
    other = pl.col("format").is_in(pl.col("promised")).not_().fill_null(False)
    return images.join(promised, on="extension", how="left", maintain_order="left").with_columns(misnamed=other)


class WrongExtension(Rule):
    """Images of another format than their name says.

    ## What it does
    Compares the format of the content with the file's extension. All extensions of JPEG count as one, and so do those
    of TIFF. Files without an extension or with an unknown one are not judged, nor are files that cannot be read.

    ## Why is this bad?
    Loaders that choose the decoder by the name (`tf.io.decode_png`, many C++ and browser pipelines) fail on it, and
    a PNG named `.jpg` is often left from a conversion that was never made. HEIF and JPEG XL under another name are
    errors: Pillow reads them only with a plugin, OpenCV and TensorFlow not at all.

    ## Example
    `fixtures/wrong-extension/bad/cats/really-a-png.jpg`, a PNG. `fixtures/wrong-extension/good` has it as `.png`.

    ## When not to use it
    Where every reader looks at the content, as Pillow and OpenCV do, and names cannot be changed.
    """

    code, name, since = "DL104", "wrong-extension", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.HEADER,)
    fixable = True
    message = "named .{extension} but the content is {format}"
    hint = "rename the file, or convert the image to what its name says"
    said_once = True
    fact = ("extension", "format")
    group_message = "{who} are named .{extension} but the content is {format}"
    group_hint = "rename the files, or convert the images to what their names say"

    def check(self, data: Dataset) -> LazyFrame:
        """Readable images whose format is none of those that the extension promises."""
        rarely = pl.col("format").is_in(RARELY_READ)
        return (
            misnamed(data.readable.select("path", "extension", "format"))
            .filter("misnamed")
            .select(
                "path",
                "extension",
                "format",
                severity=pl.when(rarely).then(pl.lit("error")).otherwise(pl.lit("warning")),
            )
        )
