from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError, field_validator


class User(BaseModel):
    id: int
    name: Annotated[str, Field(min_length=1)]
    kind: Literal["a", "b"] = "a"
    tags: list[str] = []
    parent: "User | None" = None

    @field_validator("name")
    @classmethod
    def lower(cls, value):
        if value == "bad":
            raise ValueError("not this name")
        return value.lower()


def use(turn):
    user = User.model_validate(
        {"id": str(turn), "name": "NAME", "tags": ["x"] * turn, "parent": {"id": 1, "name": "p"}}
    )
    assert User.model_validate_json(user.model_dump_json()) == user
    said = []
    for wrong in ({"id": "x", "name": ""}, {"id": 1, "name": "bad", "kind": "c"}):
        try:
            User.model_validate(wrong)
            raise AssertionError("accepted")
        except ValidationError as error:
            said.append([(one["type"], one["loc"], one["msg"]) for one in error.errors()])
    return user.model_dump(), said, TypeAdapter(dict[str, list[int]]).validate_python({"a": ["1", turn]})
