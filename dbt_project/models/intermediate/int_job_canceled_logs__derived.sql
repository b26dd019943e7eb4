-- depends_on: {{ ref('int_customer_events') }}

select
    tenant_id,
    job_canceled_log_id,
    job_id,
from {{ ref('stg_servicetitan__job_canceled_logs') }}
