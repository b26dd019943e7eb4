{{ config(materialized='view') }}

with leads as (
    select
        leads.*,
        changed.customer_key,
    from {{ ref('stg_servicetitan__leads') }} as leads
    inner join {{ ref('int_customers__changed') }} as changed
        on leads.tenant_id = changed.tenant_id
        and leads.customer_id = changed.customer_id
    where leads.is_active and leads.status in ('Converted', 'Open')
),

jobs as (
    select
        jobs.*,
        changed.customer_key,
    from {{ ref('stg_servicetitan__jobs') }} as jobs
    inner join {{ ref('int_customers__changed') }} as changed
        on jobs.tenant_id = changed.tenant_id
        and jobs.customer_id = changed.customer_id
),

-- a lead has become the first job that came after it
first_jobs as (
    select
        leads.customer_key,
        leads.lead_id,
        min_by(jobs, row(jobs.created_at, jobs.job_id)) as job,
    from leads
    inner join jobs
        on leads.customer_key = jobs.customer_key
        and leads.created_at < jobs.created_at
    where leads.status = 'Converted'
    group by all
),

became_other as (
    select
        first_jobs.customer_key,
        first_jobs.lead_id,
        first_jobs.job.created_at as converted_at,
    from first_jobs
    left join {{ ref('int_job_kinds') }} as kinds on {{ is_of_kind('first_jobs.job', 'kinds') }}
    where coalesce(kinds.job_kind, 'other') = 'other'
),

-- who has another lead open still asks for a sale
converted as (
    select became_other.*
    from became_other
    anti join leads
        on became_other.customer_key = leads.customer_key
        and became_other.converted_at > leads.created_at
        and leads.status = 'Open'
)

select * from converted
