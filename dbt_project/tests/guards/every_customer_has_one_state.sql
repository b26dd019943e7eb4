with states as (
    select * from {{ ref('customer_servicetitan_state') }}
),

counted as (
    select
        changed.tenant_id,
        changed.customer_id,
        coalesce(changed.customer_id = changed.merged_customer_id, false) as has_state,
        count(states.id) as state_count,
    from {{ ref('int_customers__changed') }} as changed
    left join states
        on changed.tenant_id = states.tenant_id
        and changed.customer_id = states.servicetitan_customer_id
    group by all
)

select concat_ws(' ', 'customer', customer_id, 'of tenant', tenant_id, 'has', state_count, 'rows') as problem,
from counted
where state_count != cast(has_state as integer)
