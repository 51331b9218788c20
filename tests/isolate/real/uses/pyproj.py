import pyproj


def use(turn):
    change = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32632", always_xy=True)
    x, y = change.transform(9.0, 48.0 + turn / 100)
    there = change.transform(x, y, direction="INVERSE")
    assert abs(there[0] - 9) < 1e-6
    try:
        pyproj.CRS("EPSG:999999")
        raise AssertionError("made")
    except pyproj.exceptions.CRSError as error:
        said = str(error).splitlines()[0][:60]
    earth = pyproj.Geod(ellps="WGS84")
    return round(x, 3), round(y, 3), said, round(earth.inv(0, 0, 1, turn)[2], 3), pyproj.CRS("EPSG:4326").name
