{%- set states = relation_before('marts', 'customer_servicetitan_state') %}
{%- set events = relation_before(this.schema, 'int_customer_events') %}

with changes as (
    select * from {{ ref('int_changes') }}
    where source_table not in ('{{ facts_only() | join("', '") }}')
),

-- what a record names, and what it named before: a customer who loses one is touched as well
named as (
    select
        tenant_id,
        customer_id,
        job_id,
    from changes
    union
    select
        tenant_id,
        previous_customer_id,
        previous_job_id,
    from changes
    union
    select
        tenant_id,
        record_id as customer_id,
        null as job_id,
    from changes
    where source_table = 'customers'
    union
    select
        jobs.tenant_id,
        jobs.customer_id,
        jobs.job_id,
    from {{ ref('stg_servicetitan__jobs') }} as jobs
    inner join {{ ref('int_job_kinds') }} as kinds
        on {{ is_of_kind('jobs', 'kinds') }}
    where kinds.is_changed
),

touched as (
    select
        tenant_id,
        customer_id,
    from named
    union all
    select
        jobs.tenant_id,
        jobs.customer_id,
    from {{ ref('stg_servicetitan__jobs') }} as jobs
    semi join named
        on jobs.tenant_id = named.tenant_id
        and jobs.job_id = named.job_id
    union all
    select
        estimates.tenant_id,
        estimates.customer_id,
    from {{ ref('stg_servicetitan__estimates') }} as estimates
    semi join named
        on estimates.tenant_id = named.tenant_id
        and estimates.job_id = named.job_id
    union all
    select
        tenant_id,
        customer_id,
    from {{ ref('int_customers__told_otherwise') }}
    -- a state that was set by hand may name any job
    union all
    select
        updates.tenant_id,
        updates.customer_id,
    from {{ ref('stg_servicetitan__state_updates') }} as updates
    semi join named
        on updates.tenant_id = named.tenant_id
        and updates.job_id = named.job_id
    {% if states and events -%}
    union all
    select
        tenant_id,
        servicetitan_customer_id,
    from {{ states }}
    where reset_due_at <= {{ as_of() }}
    union all
    select
        tenant_id,
        customer_id,
    from {{ events }}
    where is_accepted is null and occurred_at <= {{ as_of() }}
    {%- endif %}
)

select distinct
    tenant_id,
    customer_id,
from touched
where customer_id is not null
