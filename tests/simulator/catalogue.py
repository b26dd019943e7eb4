"""What each tenant names its job types and business units: the names tell sales from installs."""

from dataclasses import dataclass

UNITS = ("Sales", "Install", "Service")


@dataclass(frozen=True)
class JobType:
    name: str
    kind: str  # sales, install, other: what the name says to a reader
    unit: str
    minutes: int


WINDOWS_AND_ROOFS = (
    JobType("Sales Consultation", "sales", "Sales", 90),
    JobType("Roof Estimate", "sales", "Sales", 60),
    JobType("Window Install", "install", "Install", 480),
    JobType("Roof Installation", "install", "Install", 960),
    JobType("AC Tune-Up", "other", "Service", 60),
    JobType("Leak Repair", "other", "Service", 120),
    JobType("Installed Window Check-Up", "other", "Service", 45),
)
HEATING_AND_AIR = (
    JobType("Comfort Consult", "sales", "Sales", 90),
    JobType("HVAC Replacement Quote", "sales", "Sales", 60),
    JobType("Install Estimate", "sales", "Sales", 60),
    JobType("HVAC Install", "install", "Install", 480),
    JobType("Water Heater Installation", "install", "Install", 240),
    JobType("AC Tune-Up", "other", "Service", 60),
    JobType("Drain Cleaning", "other", "Service", 90),
)
CANCEL_REASONS = ("Customer not home", "Rescheduled elsewhere", "Price", "Booked by mistake")

FIRST_NAMES = "Ada Alan Grace Edsger Barbara Donald Radia Ken Frances Niklaus Joan John Mary Tony Hedy Linus"
LAST_NAMES = "Alder Birch Cedar Elm Fir Hazel Juniper Larch Maple Oak Pine Rowan Spruce Willow Yew Aspen"
STREETS = ("Harbor Blvd", "Orange Ave", "Magnolia St", "Beach Blvd", "Elm St", "Preston Rd", "Legacy Dr", "Main St")
CITIES = (
    ("Anaheim", "CA", "92805"),
    ("Long Beach", "CA", "90802"),
    ("Irvine", "CA", "92618"),
    ("Dallas", "TX", "75201"),
    ("Fort Worth", "TX", "76102"),
    ("Plano", "TX", "75024"),
)
MAIL_DOMAIN = "mail.example.net"
AREA_CODES = ("714", "562", "949", "214", "817", "972")


def line_of_555(number: int) -> str:
    """The last four digits behind 555, an exchange that is hardly anybody's; without those that films use (01xx)."""
    return f"{200 + number % 5000:04}"
