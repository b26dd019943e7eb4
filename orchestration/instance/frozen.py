"""Imported last by the process that runs are forked off: what is there by then is no garbage, nor is most of what a run
makes. To look for it takes a tenth of a small sync's CPU, and copies memory that the runs share."""

import gc

YOUNG = 50_000  # objects between two looks; 700, left to itself

gc.collect()
gc.freeze()
gc.set_threshold(YOUNG)
