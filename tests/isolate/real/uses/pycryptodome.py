from Crypto.Cipher import AES, ChaCha20_Poly1305
from Crypto.Hash import BLAKE2b, SHA256
from Crypto.Protocol.KDF import scrypt
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa
from Crypto.Util import number


def use(turn):
    key = ECC.construct(curve="Ed25519", seed=bytes([turn % 256]) * 32)
    signature = eddsa.new(key, "rfc8032").sign(b"message")
    sealed, tag = AES.new(b"k" * 16, AES.MODE_GCM, nonce=b"n" * 12).encrypt_and_digest(b"text" * turn)
    try:
        AES.new(b"k" * 16, AES.MODE_GCM, nonce=b"n" * 12).decrypt_and_verify(sealed + b"x", tag)
        raise AssertionError("opened")
    except ValueError as error:
        said = str(error)
    stream = ChaCha20_Poly1305.new(key=b"k" * 32, nonce=b"n" * 12).encrypt(b"text")
    return (
        signature,
        sealed,
        tag,
        said,
        stream,
        SHA256.new(b"%d" % turn).hexdigest(),
        BLAKE2b.new(data=b"x").hexdigest(),
        scrypt("p", "salt", 16, 16, 8, 1),
        number.isPrime(2**89 - 1),
    )
