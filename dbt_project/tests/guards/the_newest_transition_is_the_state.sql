with states as (
    select states.*
    from {{ ref('customer_servicetitan_state') }} as states
    semi join {{ ref('int_customers__changed') }} as changed
        on states.tenant_id = changed.tenant_id
        and states.servicetitan_customer_id = changed.customer_id
),

newest as (
    select log.*
    from {{ ref('customer_state_transitions') }} as log
    semi join states
        on log.tenant_id = states.tenant_id
        and log.servicetitan_customer_id = states.servicetitan_customer_id
    where log.retracted_at is null
    qualify row_number() over (
        partition by log.tenant_id, log.servicetitan_customer_id
        order by
            log.occurred_at desc,
            log.event_name = 'reset',
            log.event_name = 'state_set' desc,
            log.to_state desc,
            log.event_id desc
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
