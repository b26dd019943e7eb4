{%- set states = relation_before('marts', 'customer_servicetitan_state') %}

with customers as (
    select
        tenant_id,
        customer_id,
    from {{ ref('stg_servicetitan__customers') }}
),

merges as (
    select * from {{ ref('int_merges') }}
),

touched as (
    select * from {{ ref('int_customers__touched') }}
),

{% if is_full() -%}
changed as (
    select
        tenant_id,
        customer_id,
        merged_customer_id,
    from {{ ref('int_customers__merged') }}
),

{%- else -%}
found as (
    select
        customers.*,
        coalesce(merges.merged_customer_id, customers.customer_id) as merged_customer_id,
    from customers
    semi join touched
        on customers.tenant_id = touched.tenant_id
        and customers.customer_id = touched.customer_id
    left join merges
        on customers.tenant_id = merges.tenant_id
        and customers.customer_id = merges.customer_id
),

-- whoever is touched, and whoever became the same customer
changed as (
    select
        tenant_id,
        merged_customer_id as customer_id,
        merged_customer_id,
    from found
    union
    select merges.*
    from merges
    semi join found
        on merges.tenant_id = found.tenant_id
        and merges.merged_customer_id = found.merged_customer_id
),

{% endif -%}
-- a small number for each survivor, because every join of the derivation is on it
keyed as (
    select
        *,
        cast(dense_rank() over (order by tenant_id, merged_customer_id) as integer) as customer_key,
    from changed
),

{% if states and is_full() -%}
gone as (
    select
        states.tenant_id,
        states.servicetitan_customer_id as customer_id,
    from {{ states }} as states
    anti join customers
        on states.tenant_id = customers.tenant_id
        and states.servicetitan_customer_id = customers.customer_id
),

{% endif -%}
known as (
    select * from keyed
    {% if states and is_full() -%}
    union all by name
    select * from gone
    {%- endif %}
)

select * from known
