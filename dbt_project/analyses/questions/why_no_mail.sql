select
    tenant_id,
    tenant_name,
    why_no_flow as reason,
    status,
    count(*) as messages,
from {{ source('flow_builder', 'deliveries') }}
where why_no_flow is not null and why_no_flow != 'baseline'
group by all
order by messages desc, tenant_name, reason, status
