{{ config(materialized='view') }}

with jobs as (
    select
        tenant_id,
        job_id,
        customer_id,
        created_at,
    from {{ ref('stg_servicetitan__jobs') }}
),

-- entries often stay active after the cancellation was removed
cancellations as (
    select
        logs.tenant_id,
        logs.job_id,
        logs.reason_id,
        logs.created_at as canceled_at,
        canceled.customer_id,
    from {{ ref('stg_servicetitan__job_canceled_logs') }} as logs
    inner join {{ ref('stg_servicetitan__jobs') }} as canceled
        on logs.tenant_id = canceled.tenant_id
        and logs.job_id = canceled.job_id
        and canceled.job_status = 'Canceled'
    where logs.is_active
    qualify row_number() over (
        partition by logs.tenant_id, logs.job_id
        order by logs.created_at desc nulls last, logs.job_canceled_log_id desc
    ) = 1
),

booked_anew as (
    select distinct
        cancellations.tenant_id,
        cancellations.job_id,
    from cancellations
    inner join jobs
        on cancellations.tenant_id = jobs.tenant_id
        and cancellations.customer_id = jobs.customer_id
        and cancellations.job_id != jobs.job_id
        and jobs.created_at >= cancellations.canceled_at - interval 1 day
        and jobs.created_at < cancellations.canceled_at + interval 14 day
),

counted as (
    select
        cancellations.tenant_id,
        cancellations.reason_id,
        count(*) as jobs,
        count(*) filter (where cancellations.canceled_at > begun.as_of - interval 90 day) as jobs_last_90_days,
        count(booked_anew.job_id) as jobs_booked_anew,
    from cancellations
    cross join {{ derivation('begun') }} as begun
    left join booked_anew
        on cancellations.tenant_id = booked_anew.tenant_id
        and cancellations.job_id = booked_anew.job_id
    group by all
)

select
    reasons.tenant_id,
    tenants.tenant_name,
    reasons.reason_id,
    reasons.name as reason_name,
    reasons.starts_flow,
    reasons.match_field,
    reasons.pattern,
    reasons.priority,
    reasons.rule_tenant_id,
    reasons.origin,
    coalesce(counted.jobs, 0) as jobs,
    coalesce(counted.jobs_last_90_days, 0) as jobs_last_90_days,
    coalesce(counted.jobs_booked_anew, 0) as jobs_booked_anew,
from {{ ref('int_cancel_reasons') }} as reasons
left join counted
    on reasons.tenant_id = counted.tenant_id
    and reasons.reason_id is not distinct from counted.reason_id
left join {{ ref('stg_servicetitan__tenants') }} as tenants on reasons.tenant_id = tenants.tenant_id
