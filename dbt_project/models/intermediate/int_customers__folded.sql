with customers as (
    select
        tenant_id,
        customer_id,
    from {{ ref('int_customers__changed') }}
    where customer_id = merged_customer_id
),

last_events as (
    select
        * exclude (is_reset),
        coalesce(reset_due_us <= epoch_us({{ as_of() }}), false) as is_reset,
    from {{ ref('int_events__folded') }}
    where is_last
),

-- nothing more happened, but time goes on
rested as (
    select
        tenant_id,
        customer_id,
        is_reset,
        case when is_reset then cast(0 as decimal(2, 1)) else state end as state,
        case when is_reset then state else previous_state end as previous_state,
        case when not is_reset then job_id end as job_id,
        case
            when is_reset then 'reset:' || {{ transition_id('tenant_id', 'entered_by', 'state') }}
            else entered_by
        end as entered_by,
        make_timestamptz(case when is_reset then reset_due_us else entered_us end) as entered_at,
        make_timestamptz(case when not is_reset then reset_due_us end) as reset_due_at,
    from last_events
),

folded as (
    select
        customers.*,
        coalesce(rested.is_reset, false) as is_reset,
        coalesce(rested.state, cast(0 as decimal(2, 1))) as state,
        rested.* exclude (tenant_id, customer_id, is_reset, state),
    from customers
    left join rested
        on customers.tenant_id = rested.tenant_id
        and customers.customer_id = rested.customer_id
)

select * from folded
