select
    deliveries.tenant_id,
    deliveries.tenant_name,
    deliveries.servicetitan_customer_id,
    customers.customer_name,
    deliveries.kind,
    deliveries.told_state,
    deliveries.flow_name,
    deliveries.why_no_flow,
    deliveries.status,
    deliveries.reason,
    deliveries.created_at,
    deliveries.delivered_at,
    deliveries.last_error,
from {{ source('flow_builder', 'deliveries') }} as deliveries
left join {{ ref('customer_servicetitan_state') }} as customers
    on deliveries.tenant_id = customers.tenant_id
    and deliveries.servicetitan_customer_id = customers.servicetitan_customer_id
where deliveries.reason is distinct from 'baseline'
order by deliveries.created_at desc, deliveries.sequence desc
