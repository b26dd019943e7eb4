"""Why a mail is wrong, in words for people."""

from enum import StrEnum


class Cause(StrEnum):
    # what it speaks of
    NOT_THAT_KIND = "a call-back or a service call is no sale and no install"
    VISIT_OVER = "the visit is over"
    VISIT_CANCELED = "the visit is canceled"
    VISIT_MOVED = "the visit lies on another day"
    ENTERED_TWICE = "the visit was entered twice"
    NOT_CANCELED = "the cancellation was taken back"
    REBOOKED = "another visit is booked"
    NO_LOSS = "it was canceled as a duplicate, an error, or to be booked anew"
    VISITED = "it was canceled after the visit took place"
    TIDIED_UP = "the office tidies up what was over long before"
    LEAD_CLOSED = "the lead is not open any more"
    ESTIMATE_CLOSED = "no estimate is open any more"
    ALREADY_SOLD = "the estimate is sold"
    NOT_SOLD = "the sale was taken back"
    NOT_DONE = "the work is not done"
    MOVED_ON = "the customer is further along"
    TOO_SOON = "it was undone within the hour, or the two of an offer"
    SAID_BEFORE = "the same was mailed before"
    # to whom
    INACTIVE = "the customer is inactive"
    DO_NOT_SERVICE = "the customer is not to be served"
    DO_NOT_MAIL = "the customer wants no mail"
    OPTED_OUT = "the customer has opted out"
    UNREADABLE = "the address is none"
    ADDRESS_GONE = "the address is not theirs any more"
    ANOTHERS_ADDRESS = "the address is another customer's"
