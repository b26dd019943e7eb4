{{ config(materialized='view') }}

with found as (
    select
        leads.tenant_id,
        'lead_without_customer' as reason,
        leads.created_at,
    from {{ ref('stg_servicetitan__leads') }} as leads
    where leads.customer_id is null and leads.is_active and leads.status is distinct from 'Dismissed'
    union all
    select
        estimates.tenant_id,
        case when estimates.status_name = 'Sold' then 'sold_estimate_on_other_job' else 'estimate_on_other_job' end
            as reason,
        estimates.created_at,
    from {{ ref('stg_servicetitan__estimates') }} as estimates
    inner join {{ ref('stg_servicetitan__jobs') }} as jobs
        on estimates.tenant_id = jobs.tenant_id
        and estimates.job_id = jobs.job_id
    inner join {{ ref('int_job_kinds') }} as kinds
        on {{ is_of_kind('jobs', 'kinds') }}
    where
        estimates.is_active
        and estimates.status_name is distinct from 'Dismissed'
        and kinds.job_kind = 'other'
        and not coalesce(estimates.subtotal >= kinds.estimates_from, false)
    union all
    select
        tenant_id,
        'record_that_waits' as reason,
        dated_at as created_at,
    from {{ ref('int_records__waiting') }}
    union all
    select
        tenant_id,
        'event_without_a_date' as reason,
        cast(null as timestamptz) as created_at,
    from {{ ref('int_customer_events') }}
    where occurred_at is null
)

select
    found.tenant_id,
    tenants.tenant_name,
    found.reason,
    count(*) as records,
    count(*) filter (where found.created_at > begun.as_of - interval 90 day) as records_last_90_days,
    max(found.created_at) as newest_at,
from found
cross join {{ derivation('begun') }} as begun
left join {{ ref('stg_servicetitan__tenants') }} as tenants on found.tenant_id = tenants.tenant_id
group by all
