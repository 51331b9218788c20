from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    json_format,
    message_factory,
    struct_pb2,
    timestamp_pb2,
)
from google.protobuf.internal import api_implementation
from google.protobuf.message import DecodeError


def use(turn):
    assert api_implementation.Type() == "upb", "the implementation in Python is used"
    file = descriptor_pb2.FileDescriptorProto(name=f"f{turn}.proto", package="p", syntax="proto3")
    kind = file.message_type.add(name="M")
    kind.field.add(name="n", number=1, type=5, label=1)
    kind.field.add(name="s", number=2, type=9, label=3)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    made = message_factory.GetMessageClass(pool.FindMessageTypeByName("p.M"))(n=turn, s=["a", "b" * turn])
    data = made.SerializeToString(deterministic=True)
    assert type(made).FromString(data) == made
    try:
        made.ParseFromString(b"\xff\xff")
        raise AssertionError("parsed")
    except DecodeError as error:
        said = str(error)
    value = struct_pb2.Struct()
    value.update({"a": [1, {"b": None}], "t": turn})
    packed = any_pb2.Any()
    packed.Pack(timestamp_pb2.Timestamp(seconds=turn))
    return data, said, sorted(json_format.MessageToDict(value).items()), json_format.MessageToJson(packed), str(made)
