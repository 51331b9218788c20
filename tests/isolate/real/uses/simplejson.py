import decimal
import io

import simplejson
from simplejson import scanner


def use(turn):
    assert scanner.c_make_scanner and simplejson.encoder.c_make_encoder
    value = {"turn": turn, "d": decimal.Decimal("1.10"), "list": [1, None, "ü"]}
    text = simplejson.dumps(value, sort_keys=True)
    again = simplejson.loads(text, use_decimal=True, object_pairs_hook=lambda pairs: pairs)
    try:
        simplejson.loads('{"a": ]')
        raise AssertionError("parsed")
    except simplejson.JSONDecodeError as error:
        said = str(error)
    file = io.StringIO()
    simplejson.dump((n for n in range(turn)), file, iterable_as_array=True)
    return text, again, said, file.getvalue()
