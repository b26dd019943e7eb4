{%- set before = {
    'merges': relation_before(this.schema, 'int_merges__derived'),
    'logs': relation_before(this.schema, 'int_job_canceled_logs__derived'),
    'events': relation_before(this.schema, 'int_customer_events'),
    'states': relation_before('marts', 'customer_servicetitan_state'),
} %}

with records as (
    select * from {{ ref('int_records__touched') }}
),

jobs as (
    select * from {{ ref('stg_servicetitan__jobs') }}
),

merges as (
    select * from {{ ref('int_merges') }}
),

{% if before.merges and before.logs and before.events and before.states -%}
-- a log's entry that has moved to another job has left one behind
job_ids as (
    select
        tenant_id,
        job_id,
    from records
    where job_id is not null
    union
    select
        logs.tenant_id,
        logs.job_id,
    from {{ before.logs }} as logs
    inner join records
        on logs.tenant_id = records.tenant_id
        and logs.job_canceled_log_id = records.record_id
        and records.source_table = 'job_canceled_logs'
),

-- whose the records are
owners as (
    select
        tenant_id,
        customer_id,
    from records
    union all
    select
        jobs.tenant_id,
        jobs.customer_id,
    from jobs
    inner join job_ids
        on jobs.tenant_id = job_ids.tenant_id
        and jobs.job_id = job_ids.job_id
    union all
    select
        estimates.tenant_id,
        estimates.customer_id,
    from {{ ref('stg_servicetitan__estimates') }} as estimates
    inner join job_ids
        on estimates.tenant_id = job_ids.tenant_id
        and estimates.job_id = job_ids.job_id
),

-- whose they were
former_owners as (
    select
        events.tenant_id,
        events.customer_id,
    from {{ before.events }} as events
    inner join records
        on events.tenant_id = records.tenant_id
        and events.record_id = records.record_id
    union all
    select
        events.tenant_id,
        events.customer_id,
    from {{ before.events }} as events
    inner join records
        on events.tenant_id = records.tenant_id
        and events.state_update_id = records.state_update_id
    union all
    select
        events.tenant_id,
        events.customer_id,
    from {{ before.events }} as events
    inner join job_ids
        on events.tenant_id = job_ids.tenant_id
        and events.job_id = job_ids.job_id
),

-- who has gained or lost another; that other is touched by its own record, or comes along with who has it now
changed_merges as (
    select
        tenant_id,
        merged_customer_id as customer_id,
    from (
        (from merges except from {{ before.merges }})
        union all
        (from {{ before.merges }} except from merges)
    )
),

due as (
    select
        tenant_id,
        servicetitan_customer_id as customer_id,
    from {{ before.states }}
    where reset_due_at <= {{ as_of() }}
    union all
    select
        tenant_id,
        customer_id,
    from {{ before.events }}
    where is_accepted is null and occurred_at <= {{ as_of() }}
),

touched as (
    select * from owners
    union all
    select * from former_owners
    union all
    select * from changed_merges
    union all
    select * from due
)
{%- else -%}
touched as (
    select * from records
    limit 0
)
{%- endif %}

select distinct
    tenant_id,
    customer_id,
from touched
