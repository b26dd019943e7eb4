"""What can become of an inbound lead, and what a person can decide about it, in the words of the store and the API."""

from typing import Literal, get_args

LeadStatus = Literal["open", "needs_review", "rejected", "done", "test", "discarded"]
OPEN, NEEDS_REVIEW, REJECTED, DONE, TEST, DISCARDED = get_args(LeadStatus)
Decision = Literal["customer", "create", "discard", "retry"]

WAITS_FOR_A_PERSON = f"status in ('{NEEDS_REVIEW}', '{REJECTED}')"
IS_OVER = f"status in ('{DONE}', '{TEST}', '{DISCARDED}')"
