"""dbt's documentation of the project: models, columns, tests and lineage, in one page."""

from pathlib import Path

from pipelines.derivation.dbt import invoke


def docs_page(data_dir: Path) -> Path:
    """Where it stands, once it was made."""
    return data_dir / "docs" / "index.html"


def make_docs(warehouse: Path, work_dir: Path, page: Path) -> int:
    """Puts the page in place at once; its size in bytes. Needs the warehouse, whose columns it lists, for some seconds,
    and no network."""
    invoke("docs", "generate", "--static", warehouse=warehouse, work_dir=work_dir)
    made = work_dir / "target" / "static_index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    size = made.stat().st_size
    made.replace(page)
    return size
