{{ config(materialized='view') }}

with events as (
    select * from {{ ref('int_events__named') }}
),

resets as (
    select
        events.tenant_id,
        events.customer_id,
        events.to_state as from_state,
        cast(0 as decimal(2, 1)) as to_state,
        'reset' as event_name,
        'reset:' || {{ transition_id('events.tenant_id', 'events.event_id', 'events.to_state') }} as event_id,
        events.expires_at as occurred_at,
        ended.transition_position as position,
    from {{ ref('int_states__reset') }} as ended
    inner join events
        on ended.customer_key = events.customer_key
        and ended.position = events.position
),

accepted as (
    select
        tenant_id,
        customer_id,
        job_id,
        from_state,
        to_state,
        event_name,
        event_id,
        source_table,
        source_id,
        occurred_at,
        transition_count as position,
    from events
    where is_accepted
),

transitions as (
    select
        {{ transition_id('tenant_id', 'event_id', 'to_state') }} as transition_id,
        *,
    from (
        from accepted
        union all by name
        from resets
    )
)

select * from transitions
