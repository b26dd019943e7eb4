-- depends_on: {{ ref('int_customer_events') }}

select
    tenant_id,
    job_type_id,
    business_unit_id,
    job_kind,
from {{ ref('int_job_kinds') }}
