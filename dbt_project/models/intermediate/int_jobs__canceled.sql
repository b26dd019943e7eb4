{{ config(materialized='view') }}

with jobs as (
    select * from {{ ref('int_jobs__classified') }}
),

canceled as (
    select * from jobs
    where job_status = 'Canceled'
),

rivals as (
    select
        canceled.tenant_id,
        canceled.job_id,
        others.job_id as other_job_id,
        others.canceled_at as other_canceled_at,
        others.completed_at as other_completed_at,
    from canceled
    inner join jobs as others
        on canceled.tenant_id = others.tenant_id
        and canceled.customer_key = others.customer_key
        and canceled.job_kind = others.job_kind
        and canceled.job_id != others.job_id
),

contested as (
    select
        tenant_id,
        job_id,
    from rivals
    union
    select
        tenant_id,
        other_job_id,
    from rivals
),

-- one appointment without a date, and the first booking is unknown
bookings as (
    select
        appointments.tenant_id,
        appointments.job_id,
        min(appointments.created_at) as known_booked_at,
        count(*) > count(appointments.created_at) as is_uncertain,
    from {{ ref('stg_servicetitan__appointments') }} as appointments
    semi join contested
        on appointments.tenant_id = contested.tenant_id
        and appointments.job_id = contested.job_id
    group by all
),

-- what is unknown counts as still on: each `coalesce` decides for that
still_on as (
    select distinct
        canceled.tenant_id,
        canceled.job_id,
    from canceled
    inner join rivals
        on canceled.tenant_id = rivals.tenant_id
        and canceled.job_id = rivals.job_id
    inner join bookings as others
        on rivals.tenant_id = others.tenant_id
        and rivals.other_job_id = others.job_id
    left join bookings as own
        on canceled.tenant_id = own.tenant_id
        and canceled.job_id = own.job_id
    where
        (others.is_uncertain or others.known_booked_at <= canceled.canceled_at)
        and coalesce(rivals.other_canceled_at > canceled.canceled_at, true)
        and coalesce(
            rivals.other_completed_at >= case
                when own.job_id is null then canceled.created_at
                when not own.is_uncertain then own.known_booked_at
            end,
            true
        )
),

counted as (
    select canceled.*
    from canceled
    anti join still_on
        on canceled.tenant_id = still_on.tenant_id
        and canceled.job_id = still_on.job_id
)

select * from counted
