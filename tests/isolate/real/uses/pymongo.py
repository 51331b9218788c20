import datetime

import bson
import pymongo
from bson import ObjectId, json_util
from pymongo.errors import ServerSelectionTimeoutError


def use(turn):
    assert bson.has_c() and pymongo.has_c()
    value = {
        "_id": ObjectId(b"%012d" % turn),
        "n": turn,
        "a": [1.5, None, "x"],
        "d": datetime.datetime(2026, 1, 1),
        "b": b"bytes",
    }
    data = bson.encode(value)
    assert bson.decode(data) == value
    try:
        bson.decode(data[:-3])
        raise AssertionError("decoded")
    except bson.errors.InvalidBSON as error:
        said = str(error)
    return data, said, json_util.dumps(value), bson.decode_all(data * 2)[1]["n"], ServerSelectionTimeoutError.__name__
