select
    tenant_id,
    tenant_name,
    campaign_id,
    count(*) as leads,
    count(*) filter (where servicetitan_customer_id is null) as without_customer,
    count(booked_at) as booked,
    count(sold_at) as sold,
    count(sold_at) / count(*) as share_sold,
    count(sold_at) / nullif(count(servicetitan_customer_id), 0) as share_sold_of_linked,
    sum(sold_subtotal) as sold_subtotal,
    median(days_to_sale) as median_days_to_sale,
from questions.what_became_of_leads
group by all
order by share_sold desc, leads desc, tenant_name, campaign_id
