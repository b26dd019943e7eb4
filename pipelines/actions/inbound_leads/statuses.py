"""What can become of an inbound lead, in the words of the store and the API."""

from typing import Literal, get_args

LeadStatus = Literal["open", "needs_review", "rejected", "done"]
OPEN, NEEDS_REVIEW, REJECTED, DONE = get_args(LeadStatus)

WAITS_FOR_A_PERSON = f"status in ('{NEEDS_REVIEW}', '{REJECTED}')"
