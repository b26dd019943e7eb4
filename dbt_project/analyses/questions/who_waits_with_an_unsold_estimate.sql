select
    states.tenant_id,
    states.tenant_name,
    states.servicetitan_customer_id,
    states.customer_name,
    states.state_changed_at as waits_since,
    (epoch_us(published.as_of) - epoch_us(states.state_changed_at)) / 86400000000 as days,
from {{ ref('customer_servicetitan_state') }} as states
cross join {{ source('publication', 'publication') }} as published
where states.current_state = 3 and states.customer_is_active
order by states.state_changed_at
