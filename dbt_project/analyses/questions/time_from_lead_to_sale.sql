select
    tenant_id,
    tenant_name,
    business_unit_name,
    count(*) as sold,
    median(days_to_sale) as median_days_to_sale,
    sum(sold_subtotal) as sold_subtotal,
from questions.what_became_of_leads
where sold_at is not null
group by all
order by tenant_name, business_unit_name
