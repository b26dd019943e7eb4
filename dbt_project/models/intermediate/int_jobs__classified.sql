with jobs as (
    select
        jobs.*,
        changed.customer_key,
        kinds.job_kind,
    from {{ ref('stg_servicetitan__jobs') }} as jobs
    inner join {{ ref('int_customers__changed') }} as changed
        on jobs.tenant_id = changed.tenant_id
        and jobs.customer_id = changed.customer_id
    inner join {{ ref('int_job_kinds') }} as kinds
        on {{ is_of_kind('jobs', 'kinds') }}
    where kinds.job_kind in ('sales', 'install')
),

canceled_logs as (
    select
        logs.tenant_id,
        logs.job_id,
        count(*) filter (where not logs.is_active) as inactive_entries,
        count(*) filter (where logs.is_active) as active_entries,
        max(logs.created_at) filter (where logs.is_active) as canceled_at,
    from {{ ref('stg_servicetitan__job_canceled_logs') }} as logs
    semi join jobs
        on logs.tenant_id = jobs.tenant_id
        and logs.job_id = jobs.job_id
        and jobs.job_status = 'Canceled'
    group by all
),

classified as (
    select
        jobs.tenant_id,
        jobs.job_id,
        jobs.customer_key,
        jobs.job_kind,
        jobs.job_status,
        jobs.project_id,
        jobs.location_id,
        jobs.created_at,
        case when jobs.job_status = 'Completed' then coalesce(jobs.completed_at, jobs.modified_at) end as completed_at,
        case
            when jobs.job_status = 'Canceled' and logs.active_entries > 0 then logs.canceled_at
            when jobs.job_status = 'Canceled' then jobs.modified_at
        end as canceled_at,
        case
            when jobs.job_status = 'Canceled'
                then coalesce(logs.inactive_entries, 0) + greatest(1, coalesce(logs.active_entries, 0))
        end as cancellation_number,
    from jobs
    left join canceled_logs as logs
        on jobs.tenant_id = logs.tenant_id
        and jobs.job_id = logs.job_id
)

select * from classified
