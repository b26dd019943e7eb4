with unioned as (
    select * from {{ ref('int_events__leads') }}
    union all by name
    select * from {{ ref('int_events__appointments') }}
    union all by name
    select * from {{ ref('int_events__jobs') }}
    union all by name
    select * from {{ ref('int_events__estimates') }}
    union all by name
    select * exclude (state_update_id) from {{ ref('int_events__state_updates') }}
),

-- numbers stand in the order of their text: digit by digit from the left, of two with one beginning the shorter last
ordered as (
    select
        * replace (coalesce(is_set_by_hand, false) as is_set_by_hand),
        row_number() over fold_order as position,
        coalesce(occurred_at <= {{ as_of() }}, false) as is_past,
        is_past and coalesce(lead(occurred_at) over fold_order > {{ as_of() }}, true) as is_last,
    from unioned
    window fold_order as (
        partition by customer_key
        order by
            occurred_at,
            event_order,
            to_state,
            {{ by_digits('record_id') }},
            record_id desc
    )
),

-- a job is in the round if an event of it stands at or after the round's beginning
completed as (
    select
        ordered.* replace (cast(ordered.position as integer) as position),
        make_timestamptz(epoch_us(ordered.occurred_at) + 86400000000 * states.reset_after_days) as expires_at,
        case
            when ordered.job_id is not null
                then cast(lag(ordered.position, 1, 0) over (
                    partition by ordered.customer_key, ordered.job_id
                    order by ordered.position
                ) as integer)
        end as previous_position_of_job,
    from ordered
    inner join {{ ref('int_customers__changed') }} as customers
        on ordered.customer_key = customers.customer_key
        and customers.customer_id = customers.merged_customer_id
    left join {{ ref('int_tenants__states') }} as states
        on customers.tenant_id = states.tenant_id
        and ordered.to_state = states.state
)

-- the fold looks at one position at a time: stored in that order, the rest is not read
select * from completed
order by position
