from _argon2_cffi_bindings import ffi, lib


def use(turn):
    out = ffi.new("uint8_t[]", 16)
    password = b"password %d" % turn
    code = lib.argon2_hash(
        1,
        64,
        1,
        ffi.from_buffer(password),
        len(password),
        ffi.from_buffer(b"saltsalt"),
        8,
        out,
        16,
        ffi.NULL,
        0,
        lib.Argon2_id,
        lib.ARGON2_VERSION_NUMBER,
    )
    assert code == lib.ARGON2_OK
    short = lib.argon2_hash(1, 64, 1, ffi.NULL, 0, ffi.from_buffer(b"s"), 1, out, 16, ffi.NULL, 0, 2, 19)
    return bytes(ffi.buffer(out)), ffi.string(lib.argon2_error_message(short))
