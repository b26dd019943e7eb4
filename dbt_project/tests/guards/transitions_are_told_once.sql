-- over all customers, because the other row of a pair may be another customer's
with changed as (
    select * from {{ ref('customer_state_transitions') }}
    where {{ of_changed_customers(ref('customer_state_transitions')) }}
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
