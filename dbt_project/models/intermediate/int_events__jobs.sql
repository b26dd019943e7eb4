{{ config(materialized='view') }}

with cancellations as (
    select
        customer_key,
        {{ event_name("job_kind || '_job_canceled'") }} as event_name,
        cast(case job_kind when 'sales' then 2.5 else 5.5 end as decimal(2, 1)) as to_state,
        canceled_at as occurred_at,
        job_id,
        job_id as record_id,
        cancellation_number,
    from {{ ref('int_jobs__canceled') }}
),

completions as (
    select
        customer_key,
        {{ event_name("'install_job_completed'") }} as event_name,
        cast(6 as decimal(2, 1)) as to_state,
        completed_at as occurred_at,
        job_id,
        job_id as record_id,
    from {{ ref('int_jobs__classified') }}
    where job_kind = 'install' and job_status = 'Completed'
),

events as (
    select * from cancellations
    union all by name
    select * from completions
)

select * from events
