{{ config(materialized='view') }}

with jobs as (
    select * from {{ ref('stg_servicetitan__jobs') }}
),

kinds as (
    select * from {{ ref('int_job_kinds') }}
    where job_kind in ('sales', 'install')
),

standing as (
    select * from {{ ref('stg_servicetitan__estimates') }}
    where is_active and status_name is distinct from 'Dismissed'
),

-- an estimate whose job has not come yet waits
owned as (
    select
        estimates.*,
        coalesce(estimates.customer_id, jobs.customer_id) as owner_id,
    from standing as estimates
    left join jobs
        on estimates.tenant_id = jobs.tenant_id
        and estimates.job_id = jobs.job_id
    left join kinds
        on jobs.tenant_id = kinds.tenant_id
        and jobs.job_type_id is not distinct from kinds.job_type_id
        and jobs.business_unit_id is not distinct from kinds.business_unit_id
    where estimates.job_id is null or kinds.job_kind is not null
),

estimates as (
    select
        owned.*,
        changed.customer_key,
    from owned
    inner join {{ ref('int_customers__changed') }} as changed
        on owned.tenant_id = changed.tenant_id
        and owned.owner_id = changed.customer_id
),

creations as (
    select
        customer_key,
        {{ event_name("'estimate_created'") }} as event_name,
        cast(3 as decimal(2, 1)) as to_state,
        created_at as occurred_at,
        job_id,
        estimate_id as record_id,
    from estimates
),

sales as (
    select
        customer_key,
        {{ event_name("'estimate_sold'") }} as event_name,
        cast(4 as decimal(2, 1)) as to_state,
        coalesce(sold_at, modified_at) as occurred_at,
        job_id,
        estimate_id as record_id,
    from estimates
    where status_name = 'Sold'
),

events as (
    select * from creations
    union all
    select * from sales
)

select * from events
