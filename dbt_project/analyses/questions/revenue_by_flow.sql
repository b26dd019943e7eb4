with started as (
    select
        tenant_id,
        servicetitan_customer_id,
        flow_name,
        delivered_at as started_at,
        sequence,
    from {{ source('flow_builder', 'deliveries') }}
    where kind = 'changed' and status = 'delivered' and flow_name is not null
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

-- of those that were started at once the last to leave
last_started as (
    select * from started
    qualify row_number() over (
        partition by tenant_id, servicetitan_customer_id, started_at
        order by sequence desc
    ) = 1
),

sales as (
    select
        sales.tenant_id,
        case
            when started.started_at >= sales.sold_at - interval 90 day then started.flow_name
            else '(no flow)'
        end as flow_name,
        count(*) as sales,
        coalesce(sum(sales.sold_subtotal), 0) as sold_subtotal,
    from {{ ref('sales') }} as sales
    asof left join last_started as started
        on sales.tenant_id = started.tenant_id
        and sales.servicetitan_customer_id = started.servicetitan_customer_id
        and sales.sold_at >= started.started_at
    group by all
),

found as (
    select
        coalesce(sales.tenant_id, flows.tenant_id) as tenant_id,
        coalesce(sales.flow_name, flows.flow_name) as flow_name,
        coalesce(flows.flows_started, 0) as flows_started,
        coalesce(flows.customers_reached, 0) as customers_reached,
        coalesce(sales.sales, 0) as sales,
        coalesce(sales.sold_subtotal, 0) as sold_subtotal,
    from sales
    full join flows
        on sales.tenant_id = flows.tenant_id
        and sales.flow_name = flows.flow_name
)

select
    found.tenant_id,
    tenants.tenant_name,
    found.* exclude (tenant_id),
from found
left join {{ ref('tenants') }} as tenants on found.tenant_id = tenants.tenant_id
order by found.sold_subtotal desc, tenants.tenant_name, found.flow_name
