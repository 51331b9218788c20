import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.x509.oid import NameOID


def use(turn):
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([turn % 256]) * 32)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"turn {turn}")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(turn + 1).not_valid_before(datetime.datetime(2026, 1, 1))
    certificate = made.not_valid_after(datetime.datetime(2027, 1, 1)).sign(key, None)
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    assert x509.load_pem_x509_certificate(pem).subject == name
    signature = key.sign(b"message")
    key.public_key().verify(signature, b"message")
    try:
        key.public_key().verify(signature, b"other")
        raise AssertionError("a wrong signature was accepted")
    except InvalidSignature:
        pass
    sealed = AESGCM(b"k" * 16).encrypt(b"n" * 12, b"data" * turn, b"more")
    try:
        AESGCM(b"k" * 16).decrypt(b"n" * 12, sealed, b"less")
        raise AssertionError("a wrong tag was accepted")
    except InvalidTag:
        pass
    box = Fernet(Fernet.generate_key())
    assert box.decrypt(box.encrypt(b"x")) == b"x"
    ec.generate_private_key(ec.SECP256R1()).sign(b"x", ec.ECDSA(hashes.SHA256()))
    derived = PBKDF2HMAC(hashes.SHA256(), 32, b"salt", 100).derive(b"password")
    return pem, signature, sealed, derived
