"""Rules of delivery.md that keep a mail from being wrong, each switched off: the judge must count what it kept away."""

FLOWS = {
    "1": ("Lead", "Email Followup", 90, 0),
    "2": ("Sales Appointment Booked", "What to Expect", 180, 0),
    "2.5": ("Sales Appointment Canceled", "Sorry We missed you", 90, 60),
    "3": ("Estimates Created", "Unsold Estimates", 90, 120),
    "5.5": ("Install Job Canceled", "Lets reschedule", 90, 60),
    "6": ("Install Complete", "Install Job Done", 90, 0),
}
