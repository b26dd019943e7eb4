{{ config(materialized='view') }}

with jobs as (
    select * from {{ ref('stg_servicetitan__jobs') }}
    where created_at > (select as_of from {{ derivation('begun') }}) - interval 90 day
),

counted as (
    select
        kinds.tenant_id,
        tenants.tenant_name,
        kinds.job_type_id,
        kinds.job_type_name,
        kinds.business_unit_id,
        kinds.business_unit_name,
        kinds.job_kind,
        kinds.match_field,
        kinds.pattern,
        kinds.priority,
        count(jobs.job_id) as jobs_last_90_days,
    from {{ ref('int_job_kinds') }} as kinds
    left join jobs
        on kinds.tenant_id = jobs.tenant_id
        and kinds.job_type_id is not distinct from jobs.job_type_id
        and kinds.business_unit_id is not distinct from jobs.business_unit_id
    left join {{ ref('stg_servicetitan__tenants') }} as tenants on kinds.tenant_id = tenants.tenant_id
    group by all
)

select * from counted
