{{ config(materialized='view') }}

select
    customers.tenant_id,
    customers.customer_id,
    coalesce(merges.merged_customer_id, customers.customer_id) as merged_customer_id,
    merges.customer_id is not null as is_alias,
from {{ ref('stg_servicetitan__customers') }} as customers
left join {{ ref('int_merges') }} as merges
    on customers.tenant_id = merges.tenant_id
    and customers.customer_id = merges.customer_id
