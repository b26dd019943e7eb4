select
    tenant_id,
    tenant_name,
    current_state,
    current_state_name,
    count(*) as customers,
from {{ ref('customer_servicetitan_state') }}
where customer_is_active
group by all
order by tenant_name, current_state
