import jsonschema

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer", "minimum": 3}, "x": {"$ref": "#/$defs/x"}},
    "required": ["n"],
    "$defs": {"x": {"enum": [1, 2]}},
}


def use(turn):
    jsonschema.validate({"n": turn + 3, "x": 1}, SCHEMA)
    errors = jsonschema.Draft202012Validator(SCHEMA).iter_errors({"n": turn - 50, "x": 5})
    return sorted(error.message for error in errors)
