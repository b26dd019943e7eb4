"""The code location that everything is measured against while nothing happens."""

import dagster as dg

definitions = dg.Definitions()
