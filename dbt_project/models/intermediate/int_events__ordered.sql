with unioned as (
    select * from {{ ref('int_events__leads') }}
    union all
    select * from {{ ref('int_events__appointments') }}
    union all
    select * from {{ ref('int_events__jobs') }}
    union all
    select * from {{ ref('int_events__estimates') }}
    union all
    select * from {{ ref('int_events__state_updates') }}
),

ordered as (
    select
        *,
        row_number() over in_order as position,
        lead(occurred_at) over in_order as next_occurred_at,
    from unioned
    where occurred_at is not null
    window in_order as (
        partition by tenant_id, customer_id
        order by occurred_at, event_name = 'state_set', to_state, event_id
    )
),

-- a job is in the round if an event of it stands at or after the round's beginning
with_previous as (
    select
        *,
        case
            when job_id is not null
                then lag(position, 1, 0) over (partition by tenant_id, customer_id, job_id order by position)
        end as previous_position_of_job,
    from ordered
)

select * from with_previous
