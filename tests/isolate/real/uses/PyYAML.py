import yaml


class Thing(yaml.YAMLObject):
    yaml_tag = "!thing"
    yaml_loader = yaml.CSafeLoader
    yaml_dumper = yaml.CSafeDumper

    def __init__(self, n):
        self.n = n


def use(turn):
    value = {"turn": turn, "list": [1, 2.5, None, "text: more"], "nested": {"a": {"b": ["c"] * turn}}}
    text = yaml.dump(value, Dumper=yaml.CSafeDumper)
    assert yaml.load(text, Loader=yaml.CSafeLoader) == value
    try:
        yaml.load("a: [1, 2", Loader=yaml.CSafeLoader)
        raise AssertionError("bad YAML was accepted")
    except yaml.YAMLError as error:
        said = str(error)
    thing = yaml.load(yaml.dump(Thing(turn), Dumper=yaml.CSafeDumper), Loader=yaml.CSafeLoader)
    return text, said, type(thing).__name__, thing.n, [str(token) for token in yaml.scan("a: 1", Loader=yaml.CLoader)]
