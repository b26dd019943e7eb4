{{ config(materialized='view') }}

with appointments as (
    select
        appointments.*,
        jobs.customer_id as merged_customer_id,
        jobs.job_kind,
    from {{ ref('stg_servicetitan__appointments') }} as appointments
    inner join {{ ref('int_jobs__classified') }} as jobs
        on appointments.tenant_id = jobs.tenant_id
        and appointments.job_id = jobs.job_id
),

-- a deleted appointment was booked all the same
events as (
    select
        tenant_id,
        merged_customer_id as customer_id,
        'appointment:' || appointment_id || ':booked' as event_id,
        job_kind || '_appointment_booked' as event_name,
        cast(case job_kind when 'sales' then 2 else 5 end as decimal(2, 1)) as to_state,
        created_at as occurred_at,
        job_id,
        'appointments' as source_table,
        cast(appointment_id as varchar) as source_id,
    from appointments
)

select * from events
