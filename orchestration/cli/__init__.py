"""The operator's commands."""

from orchestration.cli.main import main

__all__ = ["main"]
