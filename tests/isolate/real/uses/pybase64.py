import binascii

import pybase64


def use(turn):
    data = bytes(range(256)) * (turn + 1)
    text = pybase64.b64encode(data, altchars=b"-_")
    assert pybase64.b64decode(text, altchars="-_", validate=True) == data
    try:
        pybase64.b64decode(b"a*b=", validate=True)
        raise AssertionError("decoded")
    except binascii.Error as error:
        said = str(error)
    return text[:100], said, pybase64.encodebytes(b"x" * 100), pybase64.get_version().split(" ")[0]
