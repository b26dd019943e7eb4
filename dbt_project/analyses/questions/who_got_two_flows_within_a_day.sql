with started as (
    select
        tenant_id,
        tenant_name,
        servicetitan_customer_id,
        flow_name,
        delivered_at,
        lag(flow_name) over flows as previous_flow_name,
        lag(delivered_at) over flows as previous_delivered_at,
    from {{ source('flow_builder', 'deliveries') }}
    where kind = 'changed' and status = 'delivered' and flow_name is not null
    window flows as (
        partition by tenant_id, servicetitan_customer_id
        order by delivered_at, sequence
    )
)

select
    started.tenant_id,
    started.tenant_name,
    started.servicetitan_customer_id,
    customers.customer_name,
    started.previous_flow_name,
    started.previous_delivered_at,
    started.flow_name,
    started.delivered_at,
    (epoch_us(started.delivered_at) - epoch_us(started.previous_delivered_at)) / 3600000000 as hours_between,
from started
left join {{ ref('customer_servicetitan_state') }} as customers
    on started.tenant_id = customers.tenant_id
    and started.servicetitan_customer_id = customers.servicetitan_customer_id
where started.delivered_at <= started.previous_delivered_at + interval 24 hour
order by started.delivered_at desc
