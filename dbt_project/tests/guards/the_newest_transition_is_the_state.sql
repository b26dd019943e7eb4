with states as (
    select * from {{ ref('customer_servicetitan_state') }}
    where {{ of_changed_customers(ref('customer_servicetitan_state')) }}
),

newest as (
    select * from {{ ref('customer_state_transitions') }}
    where {{ of_changed_customers(ref('customer_state_transitions')) }} and retracted_at is null
    qualify row_number() over (
        partition by tenant_id, servicetitan_customer_id
        order by position desc
    ) = 1
)

select
    concat_ws(
        ' ',
        'customer', states.servicetitan_customer_id, 'of tenant', states.tenant_id, 'is in state', states.current_state,
        'by transition', coalesce(states.last_transition_id, 'none'),
        'where the log ends with', coalesce(newest.transition_id, 'none')
    ) as problem,
from states
left join newest
    on states.tenant_id = newest.tenant_id
    and states.servicetitan_customer_id = newest.servicetitan_customer_id
where
    states.last_transition_id is distinct from newest.transition_id
    or states.current_state != coalesce(newest.to_state, 0)
    or (newest.occurred_at is not null and states.state_changed_at != newest.occurred_at)
