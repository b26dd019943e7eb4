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
        kinds.rule_tenant_id,
        kinds.origin,
        kinds.estimates_from,
        count(jobs.job_id) as jobs_last_90_days,
    from {{ ref('int_job_kinds') }} as kinds
    left join jobs
        on {{ is_of_kind('jobs', 'kinds') }}
    left join {{ ref('stg_servicetitan__tenants') }} as tenants on kinds.tenant_id = tenants.tenant_id
    group by all
)

select * from counted
