"""A WSGI application that needs cryptography, bcrypt and pydantic, for one of two sub-interpreters of an Apache.

It answers `?n=NUMBER` with what a client can work out again, and says where it ran. Each copy of it keeps a number of
its own, the sum of all `n` that it was asked, in a process-wide variable of Python: another interpreter's requests must
not be in it.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import threading
from urllib.parse import parse_qs

import bcrypt
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.bindings import _rust
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ValidationError, field_validator


class Order(BaseModel):
    number: int
    names: list[str]

    @field_validator("names")
    @classmethod
    def each_has_a_name(cls, names):
        """Called by pydantic_core's machine code: Python code of this interpreter."""
        if not all(names):
            raise ValueError(f"a name is missing in {GROUP}")
        return names


lock = threading.Lock()
asked = 0
GROUP = "?"


def answer(n):
    """What depends on `n` alone."""
    key = hashlib.sha256(str(n).encode()).digest()
    sealed = AESGCM(key).encrypt(key[:12], b"%d" % n, b"insula")
    fernet = Fernet(base64.urlsafe_b64encode(key))
    try:
        fernet.decrypt(b"not a token")
        refused = "no"
    except InvalidToken:
        refused = "yes"
    salt = b"$2b$04$" + b"abcdefghijklmnopqrstuO"
    hashed = bcrypt.hashpw(b"password %d" % n, salt)
    order = Order.model_validate_json(json.dumps({"number": str(n), "names": [f"name {n}"] * 3}))
    try:
        Order(number=n, names=[""])
        invalid = "no"
    except ValidationError as error:
        invalid = error.errors()[0]["msg"]
    return {
        "sealed": sealed.hex(),
        "opened": fernet.decrypt(fernet.encrypt(b"%d" % n)).decode(),
        "refused": refused,
        "signature": Ed25519PrivateKey.from_private_bytes(key).sign(b"%d" % n).hex(),
        "hashed": hashed.decode(),
        "checked": bcrypt.checkpw(b"password %d" % n, hashed),
        "order": json.loads(order.model_dump_json()),
        "invalid": invalid,
        "digest": hmac.new(key, b"%d" % n, "sha256").hexdigest(),
    }


def application(environ, start_response):
    global asked, GROUP
    GROUP = environ["SCRIPT_NAME"].strip("/")
    n = int(parse_qs(environ["QUERY_STRING"])["n"][0])
    said = answer(n)
    with lock:
        asked += n
        said["asked"] = asked
    isolate = sys.modules.get("insula_isolate")
    said["where"] = {
        "group": GROUP,
        "process": os.getpid(),
        "python": sys.version.split()[0],
        "threads": environ["wsgi.multithread"],
        "type": id(_rust.ObjectIdentifier),
        "file": _rust.__file__,
        "report": str(isolate.report()) if isolate else None,
    }
    body = json.dumps(said).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
