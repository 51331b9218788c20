import numpy as np
import shapely
from shapely import geometry, ops, wkt


def use(turn):
    disc = geometry.Point(turn, 0).buffer(2)
    square = geometry.box(0, 0, turn + 1, 2)
    parts = shapely.area(shapely.intersection([disc, square], square))
    try:
        wkt.loads("POINT (1")
        raise AssertionError("parsed")
    except shapely.GEOSException as error:
        said = str(error)
    tree = shapely.STRtree(shapely.points(np.arange(20.0), 0))
    moved = shapely.transform(square, lambda points: points + 1)
    return (
        parts.round(6).tolist(),
        said,
        tree.query(disc, predicate="intersects").tolist(),
        moved.wkt,
        ops.unary_union([disc, square]).is_valid,
    )
