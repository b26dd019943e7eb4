with recursive rules as (
    select
        from_state,
        to_state,
        {{ rule_name('rule') }} as rule,
    from {{ ref('state_transition_rules') }}
),

-- the state is that which was entered with the event at `entered_position`, or 0 since that one's reset
folded as (
    select
        customer_key,
        0 as position,
        cast(0 as decimal(2, 1)) as state,
        0 as entered_position,
        cast(null as bigint) as state_job_id,
        cast(null as timestamptz) as reset_due_at,
        1 as round_position,
        0 as transition_count,
        cast(null as decimal(2, 1)) as from_state,
        {{ rule_name('null') }} as rule,
        cast(null as boolean) as is_accepted,
        cast(null as integer) as reset_position,
        {{ event_columns() }},
    from {{ ref('int_events__ordered') }}
    where position = 1
    union all
    select
        customer_key,
        position,
        case when is_accepted then to_state else from_state end as state,
        case when is_accepted then position else entered_position end as entered_position,
        case when is_accepted then job_id when not is_reset then state_job_id end as state_job_id,
        case when is_accepted then expires_at when not is_reset then reset_due_at end as reset_due_at,
        case
            when is_accepted and (to_state in (0, 1) or rule = 'new_job') then position
            else round_position
        end as round_position,
        transition_count + cast(is_reset as integer) + case when is_accepted then 1 else 0 end as transition_count,
        from_state,
        rule,
        is_accepted,
        case when is_reset then entered_position end as reset_position,
        {{ event_columns() }},
    from (
        select
            met.*,
            case when met.is_set_by_hand then 'state_set' else rules.rule end as rule,
            case
                when met.is_set_by_hand then met.to_state != met.from_state
                when rules.rule in ('new_job', 'another_job')
                    then coalesce(met.previous_position_of_job < met.round_position, false)
                when rules.rule = 'this_round'
                    then coalesce(met.previous_position_of_job not between 1 and met.round_position - 1, true)
                when rules.rule = 'each_job' then coalesce(met.job_id != coalesce(met.state_job_id, 0), false)
                else rules.rule = 'accept'
            end as is_accepted,
        from (
            select
                events.*,
                folded.entered_position,
                folded.state_job_id,
                folded.reset_due_at,
                folded.transition_count,
                coalesce(folded.reset_due_at <= events.occurred_at, false) as is_reset,
                case
                    when folded.reset_due_at <= events.occurred_at then cast(0 as decimal(2, 1))
                    else folded.state
                end as from_state,
                case
                    when folded.reset_due_at <= events.occurred_at then events.position
                    else folded.round_position
                end as round_position,
            from folded
            inner join {{ ref('int_events__ordered') }} as events
                on folded.customer_key = events.customer_key
                and folded.position + 1 = events.position
            where events.is_past
        ) as met
        left join rules
            on met.from_state = rules.from_state
            and met.to_state = rules.to_state
    )
)

select * exclude (reset_due_at, round_position, state_job_id)
from folded
where position > 0
