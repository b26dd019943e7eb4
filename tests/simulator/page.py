"""A page with one table for visitors of the demo; loads nothing from elsewhere."""

from collections.abc import Sequence

STYLE = """
:root {
  color-scheme: light dark; --line: #8883; --soft: light-dark(#5d6470, #a4abb6);
  --good: light-dark(#1a7f4b, #5fd08f); --bad: light-dark(#b3261e, #ff8a80); --accent: light-dark(#3558c9, #93acff)
}
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
h1 { font-size: 1.4rem; margin: 0 }
p { color: var(--soft); margin: .2rem 0 1.2rem }
table { border-collapse: collapse; width: 100% }
th { text-align: left; font-weight: 600; font-size: .8rem; color: var(--soft) }
th, td { padding: .45rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top }
td:first-child { font-variant-numeric: tabular-nums; white-space: nowrap }
small { color: var(--soft) }
.flow { color: var(--accent); font-weight: 600 }
.good { color: var(--good) }
.bad { color: var(--bad); font-weight: 600 }
"""
REFRESH = '<meta http-equiv="refresh" content="2">\n'
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<p>{lead}</p>
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


def page(title: str, lead: str, columns: Sequence[str], rows: Sequence[Sequence[str]], renews: bool = True) -> str:
    """Of HTML that is escaped already; the rows as they shall stand."""
    lines = [f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows]
    nothing = f'<tr><td colspan="{len(columns)}">Nothing yet.</td></tr>'
    head = "".join(f"<th>{column}</th>" for column in columns)
    body = "\n".join(lines) or nothing
    return PAGE.format(title=title, lead=lead, style=STYLE, head=head, rows=body, refresh=REFRESH if renews else "")
