"""Addresses of pages, from one program to another: of the console's, and of a run in Dagster."""

from enum import StrEnum


class Page(StrEnum):
    """Of the console."""

    OVERVIEW = "/console"
    LEADS = "/console/leads"
    DECISIONS = "/console/decisions"
    DOCS = "/console/docs/"


def console_link(console_url: str, page: Page) -> str | None:
    """None where CONSOLE_URL is not set: people read elsewhere than on this machine."""
    return f"{console_url}{page}" if console_url else None


def run_link(dagster_url: str, run_id: str) -> str:
    return f"{dagster_url.rstrip('/')}/runs/{run_id}"
