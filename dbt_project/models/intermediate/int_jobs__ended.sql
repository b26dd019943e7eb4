{{ config(materialized='view') }}

with jobs as (
    select * from {{ ref('int_jobs__classified') }}
),

ended as (
    select
        *,
        coalesce(canceled_at, completed_at) as ended_at,
    from jobs
    where job_status = 'Canceled' or (job_status = 'Completed' and job_kind = 'install')
),

pairs as (
    select
        ended.tenant_id,
        ended.job_id,
        ended.job_status,
        ended.ended_at,
        ended.created_at,
        others.job_id as other_job_id,
        others.job_status as other_status,
        coalesce(others.canceled_at, others.completed_at) as other_ended_at,
        coalesce(
            ended.project_id = others.project_id,
            ended.location_id = others.location_id,
            false
        ) as is_same_work,
    from ended
    inner join jobs as others
        on ended.tenant_id = others.tenant_id
        and ended.customer_key = others.customer_key
        and ended.job_kind = others.job_kind
        and ended.job_id != others.job_id
),

contested as (
    select
        tenant_id,
        job_id,
    from pairs
    union
    select
        tenant_id,
        other_job_id,
    from pairs
),

bookings as (
    select
        appointments.tenant_id,
        appointments.job_id,
        appointments.created_at as booked_at,
        case
            when appointments.is_active and coalesce(appointments.status, '') != 'Canceled' then appointments.starts_at
        end as starts_at,
    from {{ ref('stg_servicetitan__appointments') }} as appointments
    semi join contested
        on appointments.tenant_id = contested.tenant_id
        and appointments.job_id = contested.job_id
),

first_bookings as (
    select
        tenant_id,
        job_id,
        min(booked_at) as first_booked_at,
    from bookings
    group by all
),

-- those that were booked by then; one that nobody closed is over 30 days after its last visit
rivals as (
    select
        pairs.tenant_id,
        pairs.job_id,
        pairs.other_job_id,
        max(bookings.starts_at) + interval 30 day as forgotten_at,
    from pairs
    inner join bookings
        on pairs.tenant_id = bookings.tenant_id
        and pairs.other_job_id = bookings.job_id
        and pairs.ended_at >= bookings.booked_at
    group by all
),

-- what is unknown of an end counts as still on, and moves no completion
judged as (
    select
        pairs.tenant_id,
        pairs.job_id,
        case
            when pairs.job_status = 'Completed'
                then
                    pairs.other_status = 'Completed'
                    and pairs.is_same_work
                    and (
                        pairs.other_ended_at > pairs.ended_at
                        or (pairs.other_ended_at = pairs.ended_at and pairs.other_job_id > pairs.job_id)
                    )
            when pairs.other_status = 'Canceled' then coalesce(pairs.other_ended_at > pairs.ended_at, true)
            when pairs.other_status = 'Completed'
                then coalesce(pairs.other_ended_at >= coalesce(own.first_booked_at, pairs.created_at), true)
            else coalesce(rivals.forgotten_at > pairs.ended_at, false)
        end as is_hidden,
        case
            when not pairs.is_same_work or pairs.other_status = 'Completed' then null
            when pairs.other_status = 'Canceled' then pairs.other_ended_at
            else rivals.forgotten_at
        end as work_ended_at,
    from pairs
    inner join rivals
        on pairs.tenant_id = rivals.tenant_id
        and pairs.job_id = rivals.job_id
        and pairs.other_job_id = rivals.other_job_id
    left join first_bookings as own
        on pairs.tenant_id = own.tenant_id
        and pairs.job_id = own.job_id
),

verdicts as (
    select
        tenant_id,
        job_id,
        bool_or(is_hidden) as is_hidden,
        max(work_ended_at) as work_ended_at,
    from judged
    group by all
),

counted as (
    select
        ended.*,
        case
            when ended.job_status = 'Completed' then greatest(ended.ended_at, verdicts.work_ended_at)
            else ended.ended_at
        end as occurred_at,
    from ended
    left join verdicts
        on ended.tenant_id = verdicts.tenant_id
        and ended.job_id = verdicts.job_id
    where not coalesce(verdicts.is_hidden, false)
)

select * from counted
