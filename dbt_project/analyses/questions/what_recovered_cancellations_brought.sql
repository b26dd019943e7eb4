with cancellations as (
    select
        *,
        outcome = 'back' as is_back,
        is_back and next_state = case job_kind when 'sales' then 2 else 5 end as is_rebooked,
        row_number() over (order by tenant_id, servicetitan_customer_id, canceled_at) as cancellation_id,
    from {{ ref('cancellations') }}
),

back as (
    select * from cancellations
    where is_back
),

rebooked_installs as (
    select * from back
    where job_kind = 'install' and is_rebooked
),

-- a sale is that of the cancellation from which the customer had come back last, for as long as the longest state lasts
sold as (
    select
        back.cancellation_id,
        sum(sales.sold_subtotal) as sold_subtotal,
    from {{ ref('sales') }} as sales
    asof inner join back
        on sales.tenant_id = back.tenant_id
        and sales.servicetitan_customer_id = back.servicetitan_customer_id
        and sales.sold_at >= back.ended_at
    where sales.sold_at < back.ended_at + interval 180 day
    group by all
),

-- what had been sold before an install was canceled is kept where it was booked again
kept as (
    select
        installs.cancellation_id,
        sum(sales.sold_subtotal) as kept_subtotal,
    from {{ ref('sales') }} as sales
    asof inner join rebooked_installs as installs
        on sales.tenant_id = installs.tenant_id
        and sales.servicetitan_customer_id = installs.servicetitan_customer_id
        and sales.sold_at <= installs.canceled_at
    where sales.sold_at > installs.canceled_at - interval 180 day
    group by all
)

select
    cancellations.tenant_id,
    cancellations.tenant_name,
    cancellations.job_kind,
    count(*) as cancellations,
    count(*) filter (where cancellations.outcome = 'open') as still_open,
    count(*) filter (where cancellations.outcome = 'lost') as lost,
    count(*) filter (where cancellations.is_back) as came_back,
    count(*) filter (where cancellations.is_rebooked) as rebooked,
    count(*) filter (where cancellations.next_state = 1) as new_lead,
    count(*) filter (where cancellations.is_back and not cancellations.is_rebooked and cancellations.next_state != 1)
        as otherwise_back,
    median(cancellations.days_until_end) filter (where cancellations.is_back) as median_days_until_back,
    count(sold.cancellation_id) as sold_afterwards,
    coalesce(sum(sold.sold_subtotal), 0) as sold_subtotal,
    coalesce(sum(kept.kept_subtotal), 0) as kept_subtotal,
from cancellations
left join sold on cancellations.cancellation_id = sold.cancellation_id
left join kept on cancellations.cancellation_id = kept.cancellation_id
group by all
order by cancellations.tenant_name, cancellations.job_kind
