"""The lists that an office chooses from. Campaigns and call reasons are as in ServiceTitan's documents of the modules
``marketing`` and ``jbce`` of May 2026."""

from tests.simulator.filters import CHANGED, contains, ignored, numbers
from tests.simulator.listing import Listing

CAMPAIGNS = Listing(
    "marketing",
    "campaigns",
    "campaigns",
    "tn.mrk.campaigns",
    {"name": contains("name"), "campaignPhoneNumber": ignored, **CHANGED},
    active_default="True",
)
CALL_REASONS = Listing(
    "jbce",
    "call-reasons",
    "call_reasons",
    "tn.jbce.callreasons",
    CHANGED,
    active_default="True",
    ids=False,
    by_id=False,
)
TECHNICIANS = Listing(
    "settings",
    "technicians",
    "technicians",
    "tn.stt.technicians",
    {"name": contains("name"), "userIds": numbers("userId"), **CHANGED},
    sorts={},
    active_default="True",
)
TAG_TYPES = Listing(
    "settings", "tag-types", "tag_types", "tn.stt.tagtypes", CHANGED, active_default="True", ids=False, by_id=False
)
