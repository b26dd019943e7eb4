with unioned as (
    select * from {{ ref('int_events__leads') }}
    union all by name
    select * from {{ ref('int_events__appointments') }}
    union all by name
    select * from {{ ref('int_events__jobs') }}
    union all by name
    select * from {{ ref('int_events__estimates') }}
    union all by name
    select * from {{ ref('int_events__state_updates') }}
),

-- numbers are compared as the bytes of an event's id are: digit by digit from the left, the shorter one last
ordered as (
    select
        *,
        row_number() over fold_order as position,
        lead(occurred_at) over fold_order as next_occurred_at,
    from unioned
    where occurred_at is not null
    window fold_order as (
        partition by customer_key
        order by
            occurred_at,
            event_name,
            to_state,
            case when event_name = 'state_set' then record_id else cast(rpad(record_id::varchar, 19, '9') as ubigint) end,
            record_id desc
    )
),

-- a job is in the round if an event of it stands at or after the round's beginning
with_previous as (
    select
        * replace (cast(position as integer) as position),
        case
            when job_id is not null
                then cast(lag(position, 1, 0) over (partition by customer_key, job_id order by position) as integer)
        end as previous_position_of_job,
    from ordered
)

-- the fold looks at one position at a time: stored in that order, the rest is not read
select * from with_previous
order by position
