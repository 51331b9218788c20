# What a worker reports: one function for each kind of event that `protocol/event.rs` knows, with its fields as
# keywords.
import itertools
import posix

NUMBERS = itertools.count()
# A frame fits into what the kernel writes at once, with its head.
CHUNK = 3900


def encode(value):
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if type(value) is int:
        return int.__repr__(value)
    if isinstance(value, str):
        text = str.__str__(value)
        # Most is so; going through thousands of texts by character takes longer than the calls that they tell of.
        if text.isascii() and text.isprintable():
            return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        parts = ['"']
        for char in text:
            code = ord(char)
            if char in '"\\':
                parts.append("\\" + char)
            elif code < 32 or 0xD800 <= code < 0xE000:
                parts.append("\\u%04x" % (code if code < 32 else 0xFFFD))
            else:
                parts.append(char)
        parts.append('"')
        return "".join(parts)
    if isinstance(value, dict):
        return "{" + ",".join([encode(str(k)) + ":" + encode(v) for k, v in value.items()]) + "}"
    return "[" + ",".join([encode(item) for item in value]) + "]"


def emit(kind, fields, place=None):
    data = encode({"place": place or WHERE, "event": {kind: fields}}).encode("utf-8", "replace")
    # The address of a living object tells apart the interpreters of this process, the number the messages of each.
    head = "%s %x.%x" % (CONFIG["token"], id(NUMBERS), next(NUMBERS))
    for start in range(0, len(data), CHUNK):
        mark = "." if start + CHUNK >= len(data) else "+"
        frame = ("%s %s " % (head, mark)).encode() + data[start : start + CHUNK] + b"\n"
        while frame:
            frame = frame[posix.write(CONFIG["events"], frame) :]


def say_step(*, name):
    emit("step", {"name": name})


def say_failed(*, stage, class_, message, missing, deliberate, place=None):
    fields = {"stage": stage, "class": class_, "message": message, "missing": missing, "deliberate": deliberate}
    emit("failed", fields, place)


def say_stray(*, class_, message):
    emit("stray", {"class": class_, "message": message})


def say_done():
    emit("done", {})


def say_search_path(*, entries):
    emit("search_path", {"entries": entries})


def say_imported(*, names, dependencies):
    emit("imported", {"names": names, "dependencies": dependencies})


def say_reached_objects(*, objects):
    emit("reached_objects", {"objects": objects})


def say_visited(*, names, known):
    emit("visited", {"names": names, "known": known})


def say_again(*, same_module, first_names, names, first_types, types):
    fields = {"same_module": same_module, "first_names": first_names, "names": names,
              "first_types": first_types, "types": types}
    emit("again", fields)


def say_replayed(*, before, after):
    emit("replayed", {"before": before, "after": after})


def say_cycle(*, names):
    emit("cycle", {"names": names})


def say_init_returned(*, returns):
    emit("init_returned", {"returns": returns})


def say_located(*, kind, file, folders):
    emit("located", {"kind": kind, "file": file, "folders": folders})


def say_attempt(*, expression):
    emit("attempt", {"expression": expression})


def say_made(*, by):
    emit("made", {"by": by})


def say_experiment(*, number, label):
    emit("experiment", {"number": number, "label": label})


def say_experiment_raised(*, label, class_):
    emit("experiment_raised", {"label": label, "class": class_})


def say_visits(*, of, of_type, over):
    emit("visits", {"of": of, "of_type": of_type, "over": over})


def say_slope(*, of, references, repeats, blocks, alive):
    emit("slope", {"of": of, "references": references, "repeats": repeats, "blocks": blocks, "alive": alive})


def say_members(*, of, missed, ways):
    emit("members", {"of": of, "missed": missed, "ways": ways})


def say_cycle_stays(*, of, stuck):
    emit("cycle_stays", {"of": of, "stuck": stuck})


def say_untracked(*, of, tracked, by):
    emit("untracked", {"of": of, "tracked": tracked, "by": by})


def say_lifetime(*, same, survivors):
    emit("lifetime", {"same": same, "survivors": survivors})


def say_over_released(*, call, part, kind):
    emit("over_released", {"call": call, "part": part, "kind": kind})


def say_cases(*, chosen, all, groups):
    emit("cases", {"chosen": chosen, "all": all, "groups": groups})


def say_case(*, number, group, expression, bare):
    emit("case", {"number": number, "group": group, "expression": expression, "bare": bare})


def say_slow(*, expression):
    emit("slow", {"expression": expression})


def say_broken_contract(*, group, expression, message):
    emit("broken_contract", {"group": group, "expression": expression, "message": message})


def say_out_of_memory(*, group, expression):
    emit("out_of_memory", {"group": group, "expression": expression})


def say_time_up(*, at, of):
    emit("time_up", {"at": at, "of": of})


def say_given(*, results, memory):
    emit("given", {"results": results, "memory": memory})


def say_repeated(*, callable, call):
    emit("repeated", {"callable": callable, "call": call})


def say_call_leaves(*, callable, call, blocks, bytes, repeats):
    fields = {"callable": callable, "call": call, "blocks": blocks, "bytes": bytes, "repeats": repeats}
    emit("call_leaves", fields)


def say_calls_repeated(*, reached, of, unclear):
    emit("calls_repeated", {"reached": reached, "of": of, "unclear": unclear})


def say_init_again(*, of, call, blocks, bytes, repeats):
    emit("init_again", {"of": of, "call": call, "blocks": blocks, "bytes": bytes, "repeats": repeats})


def say_weak_references(*, of, wrong):
    emit("weak_references", {"of": of, "wrong": wrong})


def say_windows(*, windows, cycles, bytes):
    emit("windows", {"windows": windows, "cycles": cycles, "bytes": bytes})


def say_loaded(*, names, own):
    emit("loaded", {"names": names, "own": own})


def say_recorded(*, count):
    emit("recorded", {"count": count})


def say_second_imported():
    emit("second_imported", {})


def say_changed(*, call, before, after, when):
    emit("changed", {"call": call, "before": before, "after": after, "when": when})


def say_effects(*, changed):
    emit("effects", {"changed": changed})


def say_described(*, module, types):
    emit("described", {"module": module, "types": types})


def checkpoint(at, fields):
    # The auditor reads this process's memory now, and writes one byte when it has finished.
    emit("checkpoint", {"type_address": id(type), "at": {at: fields}})
    if not posix.read(CONFIG["commands"], 1):
        posix._exit(0)


def wait_at_import(*, known, module, others):
    checkpoint("import", {"known": known, "module": module, "others": others})


def wait_at_one_interpreter(*, known):
    checkpoint("one_interpreter", {"known": known})


def wait_at_two_interpreters(*, known):
    checkpoint("two_interpreters", {"known": known})


def wait_at_export(*, slots):
    checkpoint("export", {"slots": slots})


def wait_at_definition(*, address):
    checkpoint("definition", {"address": address})


def wait_at_state(*, known, module, referents, types):
    checkpoint("state", {"known": known, "module": module, "referents": referents, "types": types})


def wait_at_instances(*, known, samples):
    checkpoint("instances", {"known": known, "samples": samples})


def wait_at_before_calls(*, known):
    checkpoint("before_calls", {"known": known})


def wait_at_after_calls(*, known, others, tls):
    checkpoint("after_calls", {"known": known, "others": others, "tls": tls})


def wait_at_copies(*, reading):
    checkpoint("copies", {"reading": reading})


def wait_at_inventory(*, module, types, callables, code):
    checkpoint("inventory", {"module": module, "types": types, "callables": callables, "code": code})
