{{ config(materialized='view') }}

with jobs as (
    select * from {{ ref('int_jobs__ended') }}
),

events as (
    select
        jobs.customer_key,
        names."order" as event_order,
        names.to_state,
        jobs.occurred_at,
        jobs.job_id,
        jobs.job_id as record_id,
        jobs.cancellation_number,
    from jobs
    inner join {{ ref('customer_events') }} as names
        on names.event_name = concat(jobs.job_kind, '_job_', lower(jobs.job_status))
)

select * from events
