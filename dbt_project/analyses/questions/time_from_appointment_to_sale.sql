with standing as (
    select * from {{ ref('customer_state_transitions') }}
    where retracted_at is null
),

sold as (
    select * from standing
    where to_state = 4
),

booked as (
    select * from standing
    where to_state = 2
)

select
    sold.tenant_id,
    sold.tenant_name,
    count(*) as sales,
    median(epoch_us(sold.occurred_at) - epoch_us(booked.occurred_at)) / 86400000000 as median_days,
from sold
asof inner join booked
    on sold.tenant_id = booked.tenant_id
    and sold.servicetitan_customer_id = booked.servicetitan_customer_id
    and sold.position > booked.position
group by all
order by sold.tenant_name
