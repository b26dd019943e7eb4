{{ config(materialized='view') }}

with jobs as (
    select
        *,
        recall_for_id is not null or warranty_id is not null as is_call_back,
    from {{ ref('stg_servicetitan__jobs') }}
),

estimates as (
    select
        estimates.tenant_id,
        estimates.estimate_id,
        estimates.job_id,
        jobs.job_type_id,
        coalesce(estimates.customer_id, jobs.customer_id) as customer_id,
        case when estimates.status_name = 'Sold' then coalesce(estimates.sold_at, estimates.modified_at) end as sold_at,
    from {{ ref('stg_servicetitan__estimates') }} as estimates
    left join jobs
        on estimates.tenant_id = jobs.tenant_id
        and estimates.job_id = jobs.job_id
    where estimates.is_active
),

-- what was made of an estimate: by the job's own link; or within a month after the sale, as a job of another type
made as (
    select
        jobs.tenant_id,
        jobs.job_id,
        estimates.job_id as estimate_job_id,
    from jobs
    inner join estimates
        on jobs.tenant_id = estimates.tenant_id
        and jobs.created_from_estimate_id = estimates.estimate_id
    union
    select
        jobs.tenant_id,
        jobs.job_id,
        estimates.job_id as estimate_job_id,
    from jobs
    inner join estimates
        on jobs.tenant_id = estimates.tenant_id
        and jobs.customer_id = estimates.customer_id
        and jobs.job_id is distinct from estimates.job_id
        and jobs.job_type_id is distinct from estimates.job_type_id
        and jobs.created_at >= estimates.sold_at
        and jobs.created_at < estimates.sold_at + interval 30 day
    where not jobs.is_call_back
),

made_of_estimates as (
    select distinct
        tenant_id,
        job_id,
    from made
),

became_another as (
    select distinct
        tenant_id,
        estimate_job_id as job_id,
    from made
    where job_id is distinct from estimate_job_id
),

written_on as (
    select
        tenant_id,
        job_id,
        count(sold_at) > 0 as is_sold,
    from estimates
    where job_id is not null
    group by all
)

select
    jobs.*,
    jobs.created_from_estimate_id is not null as is_from_estimate,
    made_of_estimates.job_id is not null or jobs.created_from_estimate_id is not null as is_after_sale,
    written_on.job_id is not null as has_estimate,
    coalesce(written_on.is_sold, false) as has_sold_estimate,
    became_another.job_id is not null as is_followed,
from jobs
left join made_of_estimates
    on jobs.tenant_id = made_of_estimates.tenant_id
    and jobs.job_id = made_of_estimates.job_id
left join became_another
    on jobs.tenant_id = became_another.tenant_id
    and jobs.job_id = became_another.job_id
left join written_on
    on jobs.tenant_id = written_on.tenant_id
    and jobs.job_id = written_on.job_id
