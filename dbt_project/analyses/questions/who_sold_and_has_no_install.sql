with sold as (
    select
        states.tenant_id,
        states.tenant_name,
        states.servicetitan_customer_id,
        states.customer_name,
        states.state_changed_at as sold_at,
        (epoch_us(published.as_of) - epoch_us(states.state_changed_at)) / 86400000000 as days,
    from {{ ref('customer_servicetitan_state') }} as states
    cross join {{ source('publication', 'publication') }} as published
    where states.current_state = 4 and states.customer_is_active
)

select
    sold.tenant_id,
    sold.tenant_name,
    sold.servicetitan_customer_id,
    sold.customer_name,
    sold.sold_at,
    sold.days,
    coalesce(sum(sales.sold_subtotal), 0) as sold_subtotal,
from sold
left join {{ ref('sales') }} as sales
    on sold.tenant_id = sales.tenant_id
    and sold.servicetitan_customer_id = sales.servicetitan_customer_id
    and sold.sold_at <= sales.sold_at
where sold.days >= 14
group by all
order by sold.sold_at, sold.servicetitan_customer_id
