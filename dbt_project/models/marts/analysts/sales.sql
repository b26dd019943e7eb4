{{ config(materialized='view') }}

with events as (
    select * from {{ ref('int_customer_events') }}
    where is_accepted is not null -- else its time is still to come
),

sold as (
    select
        events.tenant_id,
        events.customer_id,
        events.record_id as estimate_id,
        events.occurred_at as sold_at,
        events.from_state as state,
    from events
    inner join {{ ref('customer_events') }} as names on events.event_order = names."order"
    where names.event_name = 'estimate_sold'
)

select
    sold.tenant_id,
    tenants.tenant_name,
    sold.customer_id as servicetitan_customer_id,
    sold.estimate_id,
    estimates.job_id,
    sold.sold_at,
    cast(estimates.subtotal as decimal(38, 2)) as sold_subtotal,
    sold.state,
    states.state_name,
    states.flow_name,
    jobs.campaign_id,
    jobs.job_type_id,
    coalesce(estimates.business_unit_id, jobs.business_unit_id) as business_unit_id,
from sold
inner join {{ ref('stg_servicetitan__estimates') }} as estimates
    on sold.tenant_id = estimates.tenant_id
    and sold.estimate_id = estimates.estimate_id
left join {{ ref('stg_servicetitan__jobs') }} as jobs
    on estimates.tenant_id = jobs.tenant_id
    and estimates.job_id = jobs.job_id
left join {{ ref('stg_servicetitan__tenants') }} as tenants on sold.tenant_id = tenants.tenant_id
left join {{ ref('int_tenants__states') }} as states
    on sold.tenant_id = states.tenant_id
    and sold.state = states.state
