{{ config(
    incremental_strategy='by_changed_customers',
    unique_key=['tenant_id', 'servicetitan_customer_id', 'transition_id'],
) }}

{%- set before = relation_before(this.schema, this.identifier) %}
{%- set baselines_before = relation_before(this.schema, 'tenant_baselines') %}

-- a log that only grows: whatever is asked of dbt, what stands in it is carried over
with derived as {{ 'materialized' if before else 'not materialized' }} (
    select * from {{ ref('int_transitions__derived') }}
),

changed as (
    select * from {{ ref('int_customers__changed') }}
),

baselines as (
    {% if baselines_before -%}
    select tenant_id from {{ baselines_before }}
    {%- else -%}
    select cast(null as bigint) as tenant_id
    {%- endif %}
),

{% if is_full() -%}
-- one of an earlier version has columns less
logged as not materialized (
    select
        cast(null as varchar) as transition_id,
        cast(null as timestamptz) as detected_at,
        cast(null as boolean) as is_baseline,
        cast(null as boolean) as is_reclassified,
    where false
    {% if before -%}
    union all by name
    select * from {{ before }}
    {%- endif %}
),
{%- else -%}
-- what is read of a few rows has to be looked for in a log of millions: no more columns than are needed
logged as (
    select
        rowid as log_rowid,
        transition_id,
        detected_at,
        retracted_at,
        is_baseline,
        is_reclassified,
    from {{ before }}
    where {{ of_changed_customers(before) }}
    -- a retracted transition may come back with another customer
    union all by name
    select
        log.rowid as log_rowid,
        log.transition_id,
        log.detected_at,
        log.retracted_at,
        log.is_baseline,
        log.is_reclassified,
    from {{ before }} as log
    semi join derived on log.transition_id = derived.transition_id
    anti join changed
        on log.tenant_id = changed.tenant_id
        and log.servicetitan_customer_id = changed.customer_id
    where log.retracted_at is not null
),

underived as (
    select logged.log_rowid
    from logged
    anti join derived on logged.transition_id = derived.transition_id
),
{%- endif %}

changes as (
    select * from {{ ref('int_changes') }}
),

-- by other rules a transition is news only where something happened
reclassified as (
    select derived.transition_id
    from derived
    semi join {{ ref('int_tenants__ruled_anew') }} as ruled_anew on derived.tenant_id = ruled_anew.tenant_id
    anti join changes
        on derived.tenant_id = changes.tenant_id
        and derived.source_table = changes.source_table
        and derived.source_id = changes.source_id
    anti join changes as customers
        on derived.tenant_id = customers.tenant_id
        and derived.customer_id = customers.record_id
        and customers.source_table = 'customers'
        and customers.is_new
    anti join changes as jobs
        on derived.tenant_id = jobs.tenant_id
        and derived.job_id = jobs.record_id
        and jobs.source_table = 'jobs'
        and (jobs.is_new or jobs.is_retyped)
    where coalesce(derived.occurred_at <= (select ended.as_of from {{ derivation('ended') }} as ended), true)
),

standing as (
    select
        derived.transition_id,
        derived.tenant_id,
        tenants.tenant_name,
        derived.customer_id as servicetitan_customer_id,
        derived.job_id,
        derived.from_state,
        derived.to_state,
        from_states.state_name as from_state_name,
        to_states.state_name as to_state_name,
        to_states.flow_name,
        derived.event_name,
        derived.event_id,
        derived.source_table,
        derived.source_id,
        derived.occurred_at,
        coalesce(logged.detected_at, {{ as_of() }}) as detected_at,
        cast(null as timestamptz) as retracted_at,
        coalesce(logged.is_baseline, baselines.tenant_id is null) as is_baseline,
        case
            when logged.transition_id is null then reclassified.transition_id is not null
            else coalesce(logged.is_reclassified, false)
        end as is_reclassified,
        cast(derived.position as bigint) as position,
    from derived
    left join logged on derived.transition_id = logged.transition_id
    left join reclassified on derived.transition_id = reclassified.transition_id
    left join baselines on derived.tenant_id = baselines.tenant_id
    left join {{ ref('stg_servicetitan__tenants') }} as tenants on derived.tenant_id = tenants.tenant_id
    left join {{ ref('int_tenants__states') }} as from_states
        on derived.tenant_id = from_states.tenant_id
        and derived.from_state = from_states.state
    left join {{ ref('int_tenants__states') }} as to_states
        on derived.tenant_id = to_states.tenant_id
        and derived.to_state = to_states.state
),

{% if before -%}
retracted as (
    select
        logged.* replace (
            coalesce(logged.retracted_at, {{ as_of() }}) as retracted_at,
            coalesce(logged.is_reclassified, false) as is_reclassified
        ),
    {% if is_full() -%}
    from logged
    anti join derived on logged.transition_id = derived.transition_id
    {%- else -%}
    from {{ before }} as logged
    where logged.rowid in (select underived.log_rowid from underived)
    {%- endif %}
),

kept as (
    from standing
    union all by name
    from retracted
)
{%- else -%}
kept as (
    from standing
)
{%- endif %}

select * replace (case when retracted_at is null then position end as position)
from kept
