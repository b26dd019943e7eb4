{{ config(materialized='view') }}

with cancellations as (
    select
        canceled.customer_key,
        names."order" as event_order,
        names.to_state,
        canceled.canceled_at as occurred_at,
        canceled.job_id,
        canceled.job_id as record_id,
        canceled.cancellation_number,
    from {{ ref('int_jobs__canceled') }} as canceled
    inner join {{ ref('customer_events') }} as names on names.event_name = canceled.job_kind || '_job_canceled'
),

completions as (
    select
        jobs.customer_key,
        names."order" as event_order,
        names.to_state,
        jobs.completed_at as occurred_at,
        jobs.job_id,
        jobs.job_id as record_id,
    from {{ ref('int_jobs__classified') }} as jobs
    inner join {{ ref('customer_events') }} as names on names.event_name = 'install_job_completed'
    where jobs.job_kind = 'install' and jobs.job_status = 'Completed'
),

events as (
    select * from cancellations
    union all by name
    select * from completions
)

select * from events
