with tenants as (
    select distinct
        tenant_id,
        tenant_name,
    from {{ ref('customer_servicetitan_state') }}
),

started as (
    select
        tenant_id,
        servicetitan_customer_id,
        flow_name,
        delivered_at as started_at,
    from {{ source('flow_builder', 'deliveries') }}
    where kind = 'changed' and status = 'delivered' and flow_name is not null and suppressed is null
),

flows as (
    select
        tenant_id,
        flow_name,
        count(*) as flows_started,
        count(distinct servicetitan_customer_id) as customers_reached,
    from started
    group by all
),

sales as (
    select
        sales.tenant_id,
        sales.flow_name,
        count(*) as sales,
        coalesce(sum(sales.sold_subtotal), 0) as sold_subtotal,
        count(started.started_at) as sales_after_flow,
        coalesce(sum(sales.sold_subtotal) filter (where started.started_at is not null), 0) as sold_subtotal_after_flow,
    from {{ ref('sales') }} as sales
    asof left join started
        on sales.tenant_id = started.tenant_id
        and sales.servicetitan_customer_id = started.servicetitan_customer_id
        and sales.flow_name = started.flow_name
        and sales.sold_at >= started.started_at
    group by all
)

select
    tenants.tenant_name,
    coalesce(sales.flow_name, flows.flow_name) as flow_name,
    coalesce(flows.flows_started, 0) as flows_started,
    coalesce(flows.customers_reached, 0) as customers_reached,
    coalesce(sales.sales, 0) as sales,
    coalesce(sales.sold_subtotal, 0) as sold_subtotal,
    coalesce(sales.sales_after_flow, 0) as sales_after_flow,
    coalesce(sales.sold_subtotal_after_flow, 0) as sold_subtotal_after_flow,
from sales
full join flows
    on sales.tenant_id = flows.tenant_id
    and sales.flow_name = flows.flow_name
left join tenants on coalesce(sales.tenant_id, flows.tenant_id) = tenants.tenant_id
order by sold_subtotal desc, tenant_name, flow_name
