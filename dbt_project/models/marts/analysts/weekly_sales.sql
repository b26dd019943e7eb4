{{ config(materialized='view') }}

with events as (
    select * from {{ ref('int_customer_events') }}
    where is_accepted is not null -- else its time is still to come
),

sold as (
    select
        events.tenant_id,
        events.from_state as state,
        events.occurred_at,
        events.record_id as estimate_id,
    from events
    inner join {{ ref('customer_events') }} as names on events.event_order = names."order"
    where names.event_name = 'estimate_sold'
),

counted as (
    select
        sold.tenant_id,
        cast(date_trunc('week', make_timestamp(epoch_us(sold.occurred_at))) as date) as week,
        sold.state,
        count(*) as sales,
        cast(coalesce(sum(estimates.subtotal), 0) as decimal(38, 2)) as sold_subtotal,
    from sold
    left join {{ ref('stg_servicetitan__estimates') }} as estimates
        on sold.tenant_id = estimates.tenant_id
        and sold.estimate_id = estimates.estimate_id
    group by all
),

named as (
    select
        counted.*,
        tenants.tenant_name,
        states.state_name,
        states.flow_name,
    from counted
    left join {{ ref('stg_servicetitan__tenants') }} as tenants on counted.tenant_id = tenants.tenant_id
    left join {{ ref('int_tenants__states') }} as states
        on counted.tenant_id = states.tenant_id
        and counted.state = states.state
)

select * from named
