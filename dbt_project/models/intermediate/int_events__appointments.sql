{{ config(materialized='view') }}

-- a deleted appointment was booked all the same
with appointments as (
    select
        appointments.*,
        jobs.customer_key,
        jobs.job_kind,
    from {{ ref('stg_servicetitan__appointments') }} as appointments
    inner join {{ ref('int_jobs__classified') }} as jobs
        on appointments.tenant_id = jobs.tenant_id
        and appointments.job_id = jobs.job_id
),

events as (
    select
        appointments.customer_key,
        names."order" as event_order,
        names.to_state,
        appointments.created_at as occurred_at,
        appointments.job_id,
        appointments.appointment_id as record_id,
    from appointments
    inner join {{ ref('customer_events') }} as names
        on names.event_name = appointments.job_kind || '_appointment_booked'
)

select * from events
