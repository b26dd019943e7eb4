-- over all customers, because the other row of a pair may be another customer's
with changed as (
    select log.transition_id
    from {{ ref('customer_state_transitions') }} as log
    semi join {{ ref('int_customers__changed') }} as changed
        on log.tenant_id = changed.tenant_id
        and log.servicetitan_customer_id = changed.customer_id
),

counted as (
    select
        log.transition_id,
        count(*) as row_count,
    from {{ ref('customer_state_transitions') }} as log
    semi join changed on log.transition_id = changed.transition_id
    group by all
)

select concat_ws(' ', 'transition', transition_id, 'has', row_count, 'rows in the log') as problem,
from counted
where row_count > 1
