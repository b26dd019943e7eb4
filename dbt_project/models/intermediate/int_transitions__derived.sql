with folded as (
    select * from {{ ref('int_events__folded') }}
),

accepted as (
    select
        events.tenant_id,
        events.customer_id,
        events.job_id,
        folded.from_state,
        events.to_state,
        events.event_name,
        events.event_id,
        events.source_table,
        events.source_id,
        events.occurred_at,
    from folded
    inner join {{ ref('int_events__ordered') }} as events
        on folded.tenant_id = events.tenant_id
        and folded.customer_id = events.customer_id
        and folded.position = events.position
    where folded.is_accepted
),

ended as (
    select
        tenant_id,
        customer_id,
        reset_state as from_state,
        reset_event_id as event_id,
        make_timestamptz(reset_us) as occurred_at,
    from folded
    where is_reset
    union all
    select
        tenant_id,
        customer_id,
        previous_state as from_state,
        entered_by as event_id,
        entered_at as occurred_at,
    from {{ ref('int_customers__folded') }}
    where is_reset
),

resets as (
    select
        tenant_id,
        customer_id,
        cast(null as bigint) as job_id,
        from_state,
        cast(0 as decimal(2, 1)) as to_state,
        'reset' as event_name,
        event_id,
        cast(null as varchar) as source_table,
        cast(null as varchar) as source_id,
        occurred_at,
    from ended
),

transitions as (
    select
        {{ transition_id('tenant_id', 'event_id', 'to_state') }} as transition_id,
        *,
    from (from accepted union all from resets)
)

select * from transitions
