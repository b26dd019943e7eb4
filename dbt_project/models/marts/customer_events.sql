{{ config(incremental_strategy='by_changed_customers') }}

-- depends_on: {{ ref('int_customers__changed') }}

with events as (
    select
        events.tenant_id,
        tenants.tenant_name,
        events.customer_id as servicetitan_customer_id,
        events.event_id,
        events.event_name,
        events.to_state,
        events.occurred_at,
        events.job_id,
        events.source_table,
        events.source_id,
        events.from_state,
        events.rule,
        case
            when events.is_accepted then 'accepted'
            when not events.is_accepted then 'ignored'
            else 'waiting'
        end as verdict,
    from {{ ref('int_events__identified') }} as events
    left join {{ ref('stg_servicetitan__tenants') }} as tenants on events.tenant_id = tenants.tenant_id
)

select * from events
