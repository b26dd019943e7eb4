{{ config(
    incremental_strategy='by_changed_customers',
    unique_key=['tenant_id', 'servicetitan_customer_id', 'transition_id'],
) }}

{%- set before = relation_before(this.schema, this.identifier) %}
{%- set baselines_before = relation_before(this.schema, 'tenant_baselines') %}

-- a log that only grows: whatever is asked of dbt, what stands in it is carried over
with derived as (
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
logged as not materialized (
    {% if before -%}
    select * from {{ before }}
    {%- else -%}
    select
        null as transition_id,
        null as detected_at,
        null as is_baseline,
    limit 0
    {%- endif %}
),
{%- else -%}
-- a retracted transition may come back with another customer
logged as (
    select * from {{ before }}
    where {{ of_changed_customers(before) }}
    union all
    select log.*
    from {{ before }} as log
    semi join derived on log.transition_id = derived.transition_id
    anti join changed
        on log.tenant_id = changed.tenant_id
        and log.servicetitan_customer_id = changed.customer_id
    where log.retracted_at is not null
),
{%- endif %}

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
        cast(derived.position as bigint) as position,
    from derived
    left join logged on derived.transition_id = logged.transition_id
    left join baselines on derived.tenant_id = baselines.tenant_id
    left join {{ ref('stg_servicetitan__tenants') }} as tenants on derived.tenant_id = tenants.tenant_id
    left join {{ ref('customer_states') }} as from_states on derived.from_state = from_states.state
    left join {{ ref('customer_states') }} as to_states on derived.to_state = to_states.state
),

{% if before -%}
retracted as (
    select logged.* replace (coalesce(logged.retracted_at, {{ as_of() }}) as retracted_at)
    from logged
    anti join derived on logged.transition_id = derived.transition_id
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
