{{ config(full_refresh=false, unique_key='transition_id', incremental_strategy='delete+insert') }}

{%- set baselines_before = relation_before(this.schema, 'tenant_baselines') %}

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

-- a retracted transition may come back under another customer
logged as (
    {% if is_incremental() -%}
        select log.*
        from {{ this }} as log
        where (log.tenant_id, log.servicetitan_customer_id) in (select (tenant_id, customer_id) from changed)
            or (log.retracted_at is not null and log.transition_id in (select transition_id from derived))
    {%- else -%}
        select
            null as transition_id,
            null as detected_at,
            null as is_baseline,
        limit 0
    {%- endif %}
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
    from derived
    left join logged on derived.transition_id = logged.transition_id
    left join baselines on derived.tenant_id = baselines.tenant_id
    left join {{ ref('stg_servicetitan__tenants') }} as tenants on derived.tenant_id = tenants.tenant_id
    left join {{ ref('customer_states') }} as from_states on derived.from_state = from_states.state
    left join {{ ref('customer_states') }} as to_states on derived.to_state = to_states.state
),

{% if is_incremental() -%}
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

select * from kept
