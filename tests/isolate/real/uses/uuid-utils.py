import uuid_utils


def use(turn):
    named = uuid_utils.uuid5(uuid_utils.NAMESPACE_DNS, f"name{turn}")
    many = {uuid_utils.uuid7() for _ in range(100)}
    assert len(many) == 100 and all(one.version == 7 for one in many)
    try:
        uuid_utils.UUID("no")
        raise AssertionError("made")
    except ValueError as error:
        said = str(error)
    return str(named), named.int, said, uuid_utils.UUID(int=turn).hex
