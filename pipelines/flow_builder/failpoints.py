"""Named places where a test lets the process die; off unless the environment names one.

``SERVICETITAN_FLOW_FAILPOINT=settled:SIGKILL:3`` kills at the third time that ``settled`` is reached.
"""

import os
import signal
from collections import Counter

VARIABLE = "SERVICETITAN_FLOW_FAILPOINT"
reached: Counter[str] = Counter()


def failpoint(name: str) -> None:
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    place, kind, nth = wanted.split(":")
    reached[name] += 1
    if name == place and reached[name] == int(nth):
        os.kill(os.getpid(), signal.Signals[kind])
