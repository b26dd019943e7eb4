"""Files as people write them in ``RULES_DIR``: each way in which a job can be told, and rows for one tenant."""

import csv
from pathlib import Path

from tests.oracle.rules import Rules
from tests.states.histories import TENANTS

KINDS = f"""\
tenant_id,match_field,pattern,job_kind,priority,estimates_from
,recall_for_id,*,other,-7,
,warranty_id,*,other,-6,
,no_charge,true,other,-5,
,created_from_estimate_id,2,install,-4,
,created_from_estimate_id,*,sales,-3,
,job_type_name,tune.?up,other,-2,500
,business_unit_name,^sales$,sales,31,
,business_unit_name,service,install,30,
,business_unit_name,install,install,32,
{TENANTS[0]},business_unit_id,3,sales,29,
{TENANTS[0]},job_type_name,tune.up,other,-2,500.005
"""
STATES = f"""\
tenant_id,state,state_name,flow_name,reset_after_days,settle_minutes,suppressed_by
,2.5,Sales Appointment Canceled,Sorry We missed you,60,,cancel_reason commercial
{TENANTS[1]},1,Lead,,30,15,no_address  past
"""
TRANSITIONS = """\
from_state,to_state,rule
5,5,another_job
"""
OWN_FILES = {"job_kind_rules": KINDS, "customer_states": STATES, "state_transition_rules": TRANSITIONS}
OWN_RULES = Rules({seed: tuple(csv.DictReader(text.splitlines())) for seed, text in OWN_FILES.items()})


def write_own_rules(folder: Path) -> Path:
    for seed, text in OWN_FILES.items():
        (folder / f"{seed}.csv").write_text(text)
    return folder
