import bcrypt


def use(turn):
    hashed = bcrypt.hashpw(b"password %d" % turn, b"$2b$04$abcdefghijklmnopqrstuu")
    assert bcrypt.checkpw(b"password %d" % turn, hashed) and not bcrypt.checkpw(b"other", hashed)
    try:
        bcrypt.hashpw(b"x", b"no salt")
        raise AssertionError("a bad salt was accepted")
    except ValueError as error:
        said = str(error)
    return hashed, said, bcrypt.kdf(b"p", b"salt", 16, 2, ignore_few_rounds=True)
