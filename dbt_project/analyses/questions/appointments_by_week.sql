select
    tenant_id,
    tenant_name,
    week,
    cast(sum(sales_appointments_booked) as bigint) as booked,
    cast(sum(sales_appointments_canceled) as bigint) as canceled,
from {{ ref('weekly_funnel') }}
group by all
order by tenant_name, week
