with standing as (
    select * from {{ ref('customer_state_transitions') }}
    where {{ of_changed_customers(ref('customer_state_transitions')) }} and retracted_at is null
),

chained as (
    select
        *,
        lag(to_state, 1, 0) over (
            partition by tenant_id, servicetitan_customer_id
            order by position
        ) as state_before,
        row_number() over (
            partition by tenant_id, servicetitan_customer_id
            order by occurred_at, position
        ) as place,
    from standing
)

select
    concat_ws(
        ' ',
        'transition', transition_id, 'of customer', servicetitan_customer_id, 'of tenant', tenant_id || ',',
        'number', place, 'by time, has position', coalesce(cast(position as varchar), 'none'), 'and',
        'leaves state', from_state, 'where the one before entered', state_before
    ) as problem,
from chained
where
    from_state is distinct from state_before
    or position is distinct from place
