"""Who goes where: technicians are assigned to appointments, and taken off again."""

from tests.simulator import records
from tests.simulator.customers import CustomerVerbs
from tests.simulator.wire import Record, written

TECHNICIANS = {201: "Sam Ortega", 202: "Lena Fischer", 203: "Omar Haddad", 204: "Priya Nair", 205: "Jo Becker"}
ASSIGNMENT_STATUS = {"Dispatched": "Dispatched", "Working": "Working", "Done": "Done"}


class TechnicianVerbs(CustomerVerbs):
    def assign_technician(self, appointment_id: int, technician_id: int | None = None) -> int:
        """By default one of `TECHNICIANS`, the same for the same appointment."""
        appointment = self.get("appointments", appointment_id)
        known = list(TECHNICIANS)
        technician_id = technician_id or known[appointment_id % len(known)]
        before = self.children("appointment_assignments", "appointmentId", appointment_id)
        return self.insert(
            "appointment_assignments",
            records.appointment_assignment(
                id=appointment_id + 1 + len(before) if len(before) < 6 else self.new_id(),  # other ids are 7 apart
                technicianId=technician_id,
                technicianName=TECHNICIANS[technician_id],
                assignedOn=written(self.now()),
                jobId=appointment["jobId"],
                appointmentId=appointment_id,
            ),
        )

    def unassign_technician(self, assignment_id: int) -> None:
        self.change("appointment_assignments", assignment_id, active=False)

    def assignments_of(self, appointment_id: int) -> list[Record]:
        """The active ones, oldest first."""
        found = self.children("appointment_assignments", "appointmentId", appointment_id)
        return [assignment for assignment in found if assignment["active"]]

    def set_appointment_status(self, appointment_id: int, status: str) -> None:
        """Its technicians follow; a canceled appointment has none."""
        self.change("appointments", appointment_id, status=status)
        for assignment in self.assignments_of(appointment_id):
            if status == "Canceled":
                self.unassign_technician(assignment["id"])
            else:
                follows = ASSIGNMENT_STATUS.get(status, "Scheduled")
                self.change("appointment_assignments", assignment["id"], status=follows)
