"""JSON Schemas as a form needs them: in one piece, without references."""

from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]


def input_schema(model: type[BaseModel]) -> Schema:
    """Without ``tenant``, which stands beside the input; an optional field is one that is not required, never null; and
    a text that may be a number is a text."""
    schema: Schema = _without_null(_inlined(model.model_json_schema()))
    schema["properties"].pop("tenant", None)
    return schema


def body_schema(model: type[BaseModel]) -> Schema:
    return _inlined(model.model_json_schema())


def result_schema(model: type[BaseModel]) -> Schema:
    return _inlined(model.model_json_schema(mode="serialization"))


def _inlined(schema: Schema) -> Schema:
    definitions = schema.pop("$defs", {})

    def resolve(part: Any) -> Any:
        if isinstance(part, list):
            return [resolve(item) for item in part]
        if not isinstance(part, dict):
            return part
        rest = {name: resolve(value) for name, value in part.items() if name != "$ref"}
        if "$ref" in part:
            return resolve(definitions[part["$ref"].removeprefix("#/$defs/")]) | rest
        return rest

    resolved: Schema = resolve(schema)
    return resolved


def _without_null(part: Any) -> Any:
    """``anyOf: [X, null]`` with the default null -> X."""
    if isinstance(part, list):
        return [_without_null(item) for item in part]
    if not isinstance(part, dict):
        return part
    cleaned = {name: _without_null(value) for name, value in part.items()}
    choices = [choice for choice in cleaned.get("anyOf", []) if choice != {"type": "null"}]
    if any(choice.get("type") == "string" for choice in choices):
        choices = [choice for choice in choices if choice != {"type": "number"}]
    if len(choices) == 1:
        rest = {
            name: value for name, value in cleaned.items() if name != "anyOf" and (name, value) != ("default", None)
        }
        return choices[0] | rest
    return cleaned
