with customers as (
    select
        tenant_id,
        customer_id,
        merged_customer_id,
    from {{ ref('int_customers__merged') }}
),

-- a small number for each, because every join of the derivation is on it
keyed as (
    select
        customers.*,
        cast(dense_rank() over (order by tenant_id, merged_customer_id) as integer) as customer_key,
    from customers
)

select * from keyed
