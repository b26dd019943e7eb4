{{ config(incremental_strategy='by_changed_customers') }}

-- depends_on: {{ ref('int_customers__changed') }}

with judged as (
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
        folded.from_state,
        folded.rule,
        case
            when folded.is_accepted then 'accepted'
            when not folded.is_accepted then 'ignored'
            else 'waiting'
        end as verdict,
    from {{ ref('int_events__ordered') }} as events
    left join {{ ref('int_events__folded') }} as folded
        on events.tenant_id = folded.tenant_id
        and events.customer_id = folded.customer_id
        and events.position = folded.position
    left join {{ ref('stg_servicetitan__tenants') }} as tenants on events.tenant_id = tenants.tenant_id
)

select * from judged
