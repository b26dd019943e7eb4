select
    tenant_name,
    week,
    sum(sales_appointments_booked) as booked,
    sum(sales_appointments_canceled) as canceled,
from {{ ref('weekly_funnel') }}
group by all
order by all
