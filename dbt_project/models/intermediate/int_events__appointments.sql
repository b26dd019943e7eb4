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
        customer_key,
        {{ event_name("job_kind || '_appointment_booked'") }} as event_name,
        cast(case job_kind when 'sales' then 2 else 5 end as decimal(2, 1)) as to_state,
        created_at as occurred_at,
        job_id,
        appointment_id as record_id,
    from appointments
)

select * from events
