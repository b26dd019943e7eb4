with leads as (
    select * from {{ ref('leads') }}
),

-- what happens after a lead and before the customer's next one is the lead's
booked as (
    select
        leads.tenant_id,
        leads.lead_id,
        min(spans.entered_at) as booked_at,
        arg_min(spans.business_unit_id, spans.entered_at) as business_unit_id,
    from {{ ref('customer_state_spans') }} as spans
    asof inner join leads
        on spans.tenant_id = leads.tenant_id
        and spans.servicetitan_customer_id = leads.servicetitan_customer_id
        and spans.entered_at >= leads.created_at
    where spans.state = 2
    group by all
),

sold as (
    select
        leads.tenant_id,
        leads.lead_id,
        arg_min(sales.business_unit_id, sales.sold_at) as business_unit_id,
        min(sales.sold_at) as sold_at,
        count(*) as sales,
        sum(sales.sold_subtotal) as sold_subtotal,
    from {{ ref('sales') }} as sales
    asof inner join leads
        on sales.tenant_id = leads.tenant_id
        and sales.servicetitan_customer_id = leads.servicetitan_customer_id
        and sales.sold_at >= leads.created_at
    group by all
)

select
    leads.tenant_id,
    leads.tenant_name,
    leads.lead_id,
    leads.servicetitan_customer_id,
    leads.created_at,
    leads.status,
    leads.campaign_id,
    leads.lead_source,
    job_types.job_type_name,
    business_units.business_unit_name,
    booked.booked_at,
    sold.sold_at,
    (epoch_us(sold.sold_at) - epoch_us(leads.created_at)) / 86400000000 as days_to_sale,
    coalesce(sold.sales, 0) as sales,
    coalesce(sold.sold_subtotal, 0) as sold_subtotal,
    sold_business_units.business_unit_name as sold_business_unit_name,
from leads
left join booked
    on leads.tenant_id = booked.tenant_id
    and leads.lead_id = booked.lead_id
left join sold
    on leads.tenant_id = sold.tenant_id
    and leads.lead_id = sold.lead_id
left join {{ ref('job_types') }} as job_types
    on leads.tenant_id = job_types.tenant_id
    and leads.job_type_id = job_types.job_type_id
left join {{ ref('business_units') }} as business_units
    on leads.tenant_id = business_units.tenant_id
    and coalesce(leads.business_unit_id, booked.business_unit_id) = business_units.business_unit_id
left join {{ ref('business_units') }} as sold_business_units
    on leads.tenant_id = sold_business_units.tenant_id
    and sold.business_unit_id = sold_business_units.business_unit_id
where leads.is_active
