# What each interpreter of an audit of private copies tells: one function for each kind that `protocol/copies.rs`
# knows, with its fields as keywords.

NUMBER = [0]  # of this interpreter


def of_copies(kind, fields):
    emit("copies", {"number": NUMBER[0], "told": {kind: fields}})


def tell_present(*, error):
    of_copies("present", {"error": error})


def tell_import_begun(*, module):
    of_copies("import_begun", {"module": module})


def tell_call_begun(*, module, call):
    of_copies("call_begun", {"module": module, "call": call})


def tell_not_imported(*, module, class_, message, missing):
    of_copies("not_imported", {"module": module, "class": class_, "message": message, "missing": missing})


def tell_standard_library(*, names):
    of_copies("standard_library", {"names": names})


def tell_outcomes(*, of):
    of_copies("outcomes", {"of": of})


def tell_changed(*, module, call, before, after, when):
    of_copies("changed", {"module": module, "call": call, "before": before, "after": after, "when": when})


def tell_stray(*, module, call):
    of_copies("stray", {"module": module, "call": call})


def tell_images(*, reading, images, loaded, known):
    of_copies("images", {"reading": reading, "images": images, "loaded": loaded, "known": known})


def tell_objects(*, reading, gaps):
    of_copies("objects", {"reading": reading, "gaps": gaps})


def tell_growth(*, windows, cycles, bytes):
    of_copies("growth", {"windows": windows, "cycles": cycles, "bytes": bytes})
