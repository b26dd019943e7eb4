{{ config(materialized='view') }}

with changed as (
    select * from {{ ref('int_customers__changed') }}
),

owned as (
    select
        estimates.*,
        changed.customer_key,
    from {{ ref('stg_servicetitan__estimates') }} as estimates
    inner join changed
        on estimates.tenant_id = changed.tenant_id
        and estimates.customer_id = changed.customer_id
    union all
    select
        estimates.*,
        changed.customer_key,
    from {{ ref('stg_servicetitan__estimates') }} as estimates
    inner join {{ ref('stg_servicetitan__jobs') }} as jobs
        on estimates.tenant_id = jobs.tenant_id
        and estimates.job_id = jobs.job_id
    inner join changed
        on jobs.tenant_id = changed.tenant_id
        and jobs.customer_id = changed.customer_id
    where estimates.customer_id is null
),

-- an estimate whose job has not come yet waits
estimates as (
    select owned.*
    from owned
    left join {{ ref('stg_servicetitan__jobs') }} as jobs
        on owned.tenant_id = jobs.tenant_id
        and owned.job_id = jobs.job_id
    left join {{ ref('int_job_kinds') }} as kinds
        on {{ is_of_kind('jobs', 'kinds') }}
    where
        owned.is_active
        and owned.status_name is distinct from 'Dismissed'
        and (owned.job_id is null or kinds.job_kind in ('sales', 'install') or owned.subtotal >= kinds.estimates_from)
),

creations as (
    select
        estimates.customer_key,
        names."order" as event_order,
        names.to_state,
        estimates.created_at as occurred_at,
        estimates.job_id,
        estimates.estimate_id as record_id,
    from estimates
    inner join {{ ref('customer_events') }} as names on names.event_name = 'estimate_created'
),

sales as (
    select
        estimates.customer_key,
        names."order" as event_order,
        names.to_state,
        coalesce(estimates.sold_at, estimates.modified_at) as occurred_at,
        estimates.job_id,
        estimates.estimate_id as record_id,
    from estimates
    inner join {{ ref('customer_events') }} as names on names.event_name = 'estimate_sold'
    where estimates.status_name = 'Sold'
),

events as (
    select * from creations
    union all
    select * from sales
)

select * from events
