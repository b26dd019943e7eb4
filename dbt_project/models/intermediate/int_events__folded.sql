with recursive events as (
    select
        events.*,
        occurred_at <= {{ as_of() }} as is_past,
        is_past and coalesce(next_occurred_at > {{ as_of() }}, true) as is_last,
        epoch_us(occurred_at) as occurred_us,
        occurred_us + states.reset_after_days * 86400000000 as expires_us,
    from {{ ref('int_events__ordered') }} as events
    left join {{ ref('customer_states') }} as states on events.to_state = states.state
),

rules as (
    select * from {{ ref('state_transition_rules') }}
),

-- the state is that which was entered with the event at `entered_position`, or 0 since its reset
folded as (
    select
        customer_key,
        0 as position,
        cast(0 as decimal(2, 1)) as state,
        0 as entered_position,
        cast(null as bigint) as expires_us,
        1 as round_position,
        cast(null as decimal(2, 1)) as from_state,
        cast(null as varchar) as rule,
        cast(null as boolean) as is_accepted,
        cast(null as integer) as reset_position,
    from events
    where position = 1
    union all
    select
        customer_key,
        position,
        case when is_accepted then to_state else from_state end as state,
        case when is_accepted then position else entered_position end as entered_position,
        case when is_accepted then next_expires_us when not is_reset then expires_us end as expires_us,
        case
            when is_accepted and (to_state in (0, 1) or rule = 'new_job') then position
            else round_position
        end as round_position,
        from_state,
        rule,
        is_accepted,
        case when is_reset then entered_position end as reset_position,
    from (
        select
            met.*,
            case when met.event_name = 'state_set' then 'state_set' else rules.rule end as rule,
            case
                when met.event_name = 'state_set' then met.to_state != met.from_state
                when rules.rule = 'new_job' then coalesce(met.previous_position_of_job < met.round_position, false)
                else rules.rule = 'accept'
            end as is_accepted,
        from (
            select
                events.customer_key,
                events.position,
                events.event_name,
                events.to_state,
                events.previous_position_of_job,
                events.expires_us as next_expires_us,
                folded.entered_position,
                folded.expires_us,
                coalesce(folded.expires_us <= events.occurred_us, false) as is_reset,
                case
                    when folded.expires_us <= events.occurred_us then cast(0 as decimal(2, 1))
                    else folded.state
                end as from_state,
                case
                    when folded.expires_us <= events.occurred_us then events.position
                    else folded.round_position
                end as round_position,
            from folded
            inner join events
                on folded.customer_key = events.customer_key
                and folded.position + 1 = events.position
            where events.is_past
        ) as met
        left join rules
            on met.from_state = rules.from_state
            and met.to_state = rules.to_state
    )
),

judged as (
    select
        events.* exclude (next_occurred_at, previous_position_of_job, is_past, occurred_us),
        folded.state,
        folded.entered_position,
        folded.reset_position,
        folded.from_state,
        folded.rule,
        folded.is_accepted,
    from events
    left join folded
        on events.customer_key = folded.customer_key
        and events.position = folded.position
)

select * from judged
