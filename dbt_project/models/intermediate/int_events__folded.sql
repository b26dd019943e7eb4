with recursive events as (
    select
        events.*,
        epoch_us(events.occurred_at) as occurred_us,
        epoch_us(events.occurred_at) + states.reset_after_days * 86400000000 as reset_due_us,
        coalesce(events.next_occurred_at > {{ as_of() }}, true) as is_last,
    from {{ ref('int_events__ordered') }} as events
    left join {{ ref('customer_states') }} as states on events.to_state = states.state
    where events.occurred_at <= {{ as_of() }}
),

rules as (
    select * from {{ ref('state_transition_rules') }}
),

folded as (
    select
        tenant_id,
        customer_id,
        cast(0 as bigint) as position,
        false as is_last,
        cast(null as decimal(2, 1)) as from_state,
        cast(null as varchar) as rule,
        cast(null as boolean) as is_accepted,
        false as is_reset,
        cast(null as decimal(2, 1)) as reset_state,
        cast(null as bigint) as reset_us,
        cast(null as varchar) as reset_event_id,
        cast(0 as decimal(2, 1)) as state,
        cast(null as decimal(2, 1)) as previous_state,
        cast(null as bigint) as job_id,
        cast(null as varchar) as entered_by,
        cast(null as bigint) as entered_us,
        cast(null as bigint) as reset_due_us,
        cast(1 as bigint) as round_begins_at,
    from events
    where position = 1
    union all
    select
        tenant_id,
        customer_id,
        position,
        is_last,
        from_state,
        rule,
        is_accepted,
        is_reset,
        case when is_reset then state end as reset_state,
        case when is_reset then reset_due_us end as reset_us,
        reset_event_id,
        case when is_accepted then to_state else from_state end as state,
        case when is_accepted then from_state when is_reset then state else previous_state end as previous_state,
        case when is_accepted then event_job_id when not is_reset then job_id end as job_id,
        case when is_accepted then event_id when is_reset then reset_event_id else entered_by end as entered_by,
        case when is_accepted then occurred_us when is_reset then reset_due_us else entered_us end as entered_us,
        case when is_accepted then next_reset_due_us when not is_reset then reset_due_us end as reset_due_us,
        case
            when is_accepted and (to_state in (0, 1) or rule = 'new_job') then position
            else round_begins_at
        end as round_begins_at,
    from (
        select
            met.*,
            case when met.event_name = 'state_set' then 'state_set' else rules.rule end as rule,
            case
                when met.event_name = 'state_set' then met.to_state != met.from_state
                when rules.rule = 'new_job' then coalesce(met.previous_position_of_job < met.round_begins_at, false)
                else rules.rule = 'accept'
            end as is_accepted,
        from (
            select
                events.tenant_id,
                events.customer_id,
                events.position,
                events.is_last,
                events.event_id,
                events.event_name,
                events.to_state,
                events.job_id as event_job_id,
                events.occurred_us,
                events.previous_position_of_job,
                events.reset_due_us as next_reset_due_us,
                folded.* exclude (tenant_id, customer_id, position, is_last, from_state, rule, is_accepted, is_reset, reset_state, reset_us, reset_event_id, round_begins_at),
                coalesce(folded.reset_due_us <= events.occurred_us, false) as is_reset,
                case
                    when folded.reset_due_us <= events.occurred_us
                        then 'reset:' || {{ transition_id('events.tenant_id', 'folded.entered_by', 'folded.state') }}
                end as reset_event_id,
                case when folded.reset_due_us <= events.occurred_us then cast(0 as decimal(2, 1)) else folded.state end as from_state,
                case
                    when folded.reset_due_us <= events.occurred_us then events.position
                    else folded.round_begins_at
                end as round_begins_at,
            from folded
            inner join events
                on folded.tenant_id = events.tenant_id
                and folded.customer_id = events.customer_id
                and folded.position + 1 = events.position
        ) as met
        left join rules
            on met.from_state = rules.from_state
            and met.to_state = rules.to_state
    )
)

select * from folded
where position > 0
