"""Every page of the console, of socal and dfw."""

from tests.console.browser.office import Office


def pages(office: Office) -> dict[str, str]:
    """Name -> path."""
    [[dead]] = office.ask("select webhook_id from deliveries where customer_id = ?", office.refused)
    [[told]] = office.ask("select customer_id from deliveries where flow_name = 'Install Job Done'")
    rules = "/console/tenants/socal/rules"
    return {
        "overview": "/console",
        "customers": "/console/customers?q=Maple",
        "customer": f"/console/customers/socal/{told}",
        "deliveries": "/console/deliveries",
        "held": f"/console/deliveries?batch={office.batch}",
        "dead": "/console/deliveries?status=dead&tenant=socal",
        "message": f"/console/deliveries?id={dead}",
        "rules": rules,
        "units": f"{rules}?of=units",
        "reasons": f"{rules}?of=reasons",
        "rehearsal": "/console/tenants/socal/rehearsal",
        "integrations": "/console/integrations?name=valley",
        "leads": "/console/leads",
        "lead": f"/console/leads/{office.lead}",
        "report": "/console/report?weeks=52",
        "documentation": "/console/docs/",
        "documentation, without a slash": "/console/docs",
        "decisions": "/console/decisions",
        "sign in": "/console/sign-in",
        "not there": "/console/nowhere",
    }
