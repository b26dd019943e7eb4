"""A sample of each action's input and result: ``<type>.json`` beside this file."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, Field


class Sample(BaseModel):
    input: dict[str, Any] = Field(description="As the action's input_schema says")
    result: dict[str, Any] = Field(description="As the action's result_schema says")


@cache
def sample_of(action: str) -> Sample:
    return Sample.model_validate(orjson.loads((Path(__file__).parent / f"{action}.json").read_bytes()))
