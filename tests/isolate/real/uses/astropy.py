import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.time import Time
from astropy.wcs import WCS


def use(turn):
    speed = (turn + 1) * u.km / (10 * u.s)
    place = SkyCoord(ra=10 + turn, dec=41.2, unit="deg").galactic
    moment = Time("2026-01-01T00:00:00", scale="utc") + turn * u.day
    sky = WCS(naxis=2)
    sky.wcs.crpix, sky.wcs.cdelt, sky.wcs.crval, sky.wcs.ctype = [5, 5], [0.1, 0.1], [10, 20], ["RA---TAN", "DEC--TAN"]
    file = fits.HDUList(
        [fits.PrimaryHDU(np.arange(10.0)), fits.CompImageHDU(np.arange(100, dtype="i4").reshape(10, 10))]
    )
    table = Table({"a": [3, 1, 2], "b": ["x", "y", "z"]})
    table.sort("a")
    return (
        speed.to(u.m / u.s).value,
        place.l.deg.round(6),
        moment.jd,
        moment.tt.iso,
        sky.wcs_pix2world([[1.0, turn]], 1).round(6).tolist(),
        len(file),
        table["b"].tolist(),
    )
