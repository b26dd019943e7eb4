-- depends_on: {{ ref('int_loads__derived') }}
-- depends_on: {{ ref('int_job_kinds__derived') }}
-- depends_on: {{ ref('int_merges__derived') }}
-- depends_on: {{ ref('int_job_canceled_logs__derived') }}
-- depends_on: {{ ref('tenant_baselines') }}

with due as (
    select min(reset_due_at) as next_due_at
    from {{ ref('customer_servicetitan_state') }}
    union all
    select min(occurred_at)
    from {{ ref('int_customer_events') }}
    where is_accepted is null
)

select
    begun.as_of,
    begun.derivation_id,
    begun.project_version,
    (select min(due.next_due_at) from due) as next_due_at,
from {{ ref('int_derivations__begun') }} as begun
