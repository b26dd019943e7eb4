{{ config(materialized='view') }}

with cancellations as (
    select
        tenant_id,
        customer_id,
        'job:' || job_id || ':canceled:' || cancellation_number as event_id,
        job_kind || '_job_canceled' as event_name,
        cast(case job_kind when 'sales' then 2.5 else 5.5 end as decimal(2, 1)) as to_state,
        canceled_at as occurred_at,
        job_id,
    from {{ ref('int_jobs__canceled') }}
),

completions as (
    select
        tenant_id,
        customer_id,
        'job:' || job_id || ':completed' as event_id,
        'install_job_completed' as event_name,
        cast(6 as decimal(2, 1)) as to_state,
        completed_at as occurred_at,
        job_id,
    from {{ ref('int_jobs__classified') }}
    where job_kind = 'install' and job_status = 'Completed'
),

events as (
    select
        *,
        'jobs' as source_table,
        cast(job_id as varchar) as source_id,
    from (from cancellations union all from completions)
)

select * from events
