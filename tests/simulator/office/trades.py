"""Two companies of several trades each, with what such companies name their job types, units and cancel reasons.

``kind`` is what a reader of the name takes the job for; some names say it only to whoever knows the trade.
"""

from dataclasses import replace

from tests.simulator.catalogue import JobType
from tests.simulator.world import DFW, SOCAL, Profile


def named(unit: str, kind: str, minutes: int, *names: str) -> tuple[JobType, ...]:
    return tuple(JobType(name, kind, unit, minutes) for name in names)


EXTERIORS = (
    *named("sales", "sales", 90, "Sales Consultation", "Roof Estimate", "Window Quote - In Home", "Gutter Estimate"),
    *named("sales", "sales", 60, "EST - Siding", "Design Appointment", "Color Consult & Proposal"),
    *named("windows", "install", 480, "Window Install", "Entry Door - Installation", "Pet Door Install"),
    *named("roofs", "install", 960, "Reroof", "Roof Tear Off", "Roof Installation - Day 2", "Gutter Production"),
    *named("roofs", "install", 600, "Production - Exterior Paint", "Solar Mount Set"),
    *named("service", "other", 60, "Leak Repair", "Installed Window Check-Up", "Screen Repair", "Install Warranty"),
    *named("service", "other", 45, "Final Walk / QC", "Punch List", "Install Touch Up", "Permit Inspection"),
    *named("service", "other", 30, "Pre-Install Measure", "Phone Consult - Emergency", "Follow Up Call"),
)
MECHANICALS = (
    *named(
        "comfort", "sales", 90, "Comfort Consult", "HVAC Replacement Quote", "System Estimate", "Heat Pump Proposal"
    ),
    *named("comfort", "sales", 60, "Estimate - Plumbing", "Tech Turnover Lead", "Panel Upgrade Estimate"),
    *named("install", "install", 480, "HVAC Install", "Changeout - Gas Furnace", "New System 3T"),
    *named("install", "install", 240, "Water Heater Installation", "Repipe", "Rough In", "Trim Out"),
    *named("install", "install", 300, "Garage Door - New Door & Opener", "EV Charger Set"),
    *named("hvac", "other", 60, "AC Tune-Up", "No Cooling", "No Heat", "Maintenance - Spring", "Install QC Visit"),
    *named("plumbing", "other", 90, "Drain Cleaning", "No Hot Water", "Plumbing Inspection", "Camera Line"),
    *named("plumbing", "other", 60, "Recall - Plumbing", "Uninstall & Haul Away", "Start-Up", "Labor Warranty"),
)
REASONS = (
    "Customer not home",
    "Duplicate entry",
    "Rescheduled",
    "Price",
    "Went with competitor",
    "Booked in error",
    "Financing fell through",
    "Out of area",
    "No longer needed",
)
SOCAL_OFFICE = replace(
    SOCAL,
    job_types=EXTERIORS,
    units={
        "sales": "Exteriors - Sales",
        "windows": "Windows & Doors Install",
        "roofs": "Roofing Production",
        "service": "Service & Warranty",
    },
    cancel_reasons=REASONS,
)
DFW_OFFICE = replace(
    DFW,
    job_types=MECHANICALS,
    units={
        "comfort": "HVAC - Sales",
        "install": "Mechanical Install",
        "hvac": "HVAC Residential Service",
        "plumbing": "Plumbing",
    },
    cancel_reasons=REASONS,
)
OFFICES: tuple[Profile, ...] = (SOCAL_OFFICE, DFW_OFFICE)
RENAMED = {"AC Tune-Up": "Tune-Up & Estimate", "Leak Repair": "Leak Repair / Install", "Reroof": "Roof Job"}


def nameless(profile: Profile) -> Profile:
    """The same company, whose names tell nothing."""
    units = {unit: f"Unit {number}" for number, unit in enumerate(profile.unit_names, start=1)}
    types = (replace(one, name=f"Type {number}") for number, one in enumerate(profile.job_types, start=1))
    return replace(profile, job_types=tuple(types), units=units)


NAMELESS_OFFICES = tuple(map(nameless, OFFICES))
