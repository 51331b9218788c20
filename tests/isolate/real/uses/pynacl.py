import nacl.exceptions
import nacl.hash
import nacl.public
import nacl.secret
import nacl.signing
import nacl.utils


def use(turn):
    key = nacl.signing.SigningKey(bytes([turn % 256]) * 32)
    signed = key.sign(b"message")
    assert key.verify_key.verify(signed) == b"message"
    box = nacl.secret.SecretBox(b"k" * 32)
    sealed = box.encrypt(b"text", b"n" * 24)
    try:
        box.decrypt(sealed[:-1] + b"x")
        raise AssertionError("opened")
    except nacl.exceptions.CryptoError as error:
        said = str(error)
    two = nacl.public.PrivateKey.generate()
    assert nacl.public.SealedBox(two).decrypt(nacl.public.SealedBox(two.public_key).encrypt(b"x")) == b"x"
    return bytes(signed), bytes(sealed), said, nacl.hash.blake2b(b"%d" % turn)
